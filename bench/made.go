//go:build unix

package main

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"

	"sonde/bench/website"
)

// madeSite is a made-up site that is being served on loopback.
type madeSite struct {
	*website.Site
	origin string
	server *http.Server
	done   chan error
}

// startMade serves a made-up site from this process.
func startMade(pages int, latency time.Duration) (*madeSite, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	site := website.New(pages, latency)
	m := &madeSite{
		Site: site, origin: "http://" + listener.Addr().String(),
		server: &http.Server{Handler: site, ReadHeaderTimeout: time.Minute}, done: make(chan error, 1),
	}
	go func() { m.done <- m.server.Serve(listener) }()
	return m, nil
}

// stop ends the server and waits for it.
func (m *madeSite) stop(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	err := m.server.Shutdown(ctx)
	if served := <-m.done; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}
