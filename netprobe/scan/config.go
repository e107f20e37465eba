package scan

import (
	"context"
	"net"
	"sync/atomic"
	"time"

	"sonde"
)

// Config is how a scan goes. The zero value works.
type Config struct {
	Timeout     time.Duration // the longest wait for an answer to one knock; 0: DefaultTimeout
	Retries     int           // how often a silent port is asked again; 0: DefaultRetries, negative: not at all
	Rate        float64       // knocks and connections of talks a second in all; 0: as they are answered
	HostRate    float64       // the same at one address; 0: as they are answered
	Concurrency int           // connections at once; 0: DefaultConcurrency

	// Open is given the connection that found a TCP port open and tells who answers
	// there. The connection is closed when it returns. Before each further one it calls
	// admit, which waits until the rates let it through. Several calls go on at once.
	// nil: the connection is broken off at once.
	Open func(ctx context.Context, conn net.Conn, port sonde.Port, admit func(context.Context) error) sonde.Service
	// Questions are the datagrams to ask a UDP port with, the likeliest first. nil: an
	// empty one.
	Questions func(port uint16) [][]byte
	// Reply tells who gave an answer to a question. nil: nobody is told.
	Reply func(question, answer []byte) sonde.Service
	// Warn is told, once each, of what makes the scan slower than it was asked to be.
	Warn func(sentence string)
	// Progress counts while the scan goes on, where it is set.
	Progress *Progress
}

// The defaults.
const (
	DefaultTimeout     = 3 * time.Second
	DefaultRetries     = 2
	DefaultConcurrency = 8192
)

// Polite is how a crawl asks the hosts in its scope: 50 connections a second in all
// and 5 a second at one host.
func Polite() Config {
	return Config{Rate: 50, HostRate: 5, Concurrency: 50}
}

// withDefaults fills in what is not said.
func (c Config) withDefaults() Config {
	if c.Timeout <= 0 {
		c.Timeout = DefaultTimeout
	}
	switch {
	case c.Retries == 0:
		c.Retries = DefaultRetries
	case c.Retries < 0:
		c.Retries = 0
	}
	if c.Concurrency <= 0 {
		c.Concurrency = DefaultConcurrency
	}
	if c.Warn == nil {
		c.Warn = func(string) {}
	}
	if c.Questions == nil {
		c.Questions = func(uint16) [][]byte { return nil }
	}
	if c.Progress == nil {
		c.Progress = &Progress{}
	}
	return c
}

// Progress counts what a scan does. Its zero value is ready; it is safe for concurrent
// use.
type Progress struct {
	Knocks  atomic.Int64 // that went out
	Settled atomic.Int64 // ports whose state is known
	Open    atomic.Int64 // of these
}
