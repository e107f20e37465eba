package fetch

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"

	"sonde"
)

var sprintf = fmt.Sprintf

// newFetcher returns a fetcher that may reach this machine.
func newFetcher(t testing.TB, p sonde.Policy) *Fetcher {
	t.Helper()
	return fetcherOf(t, Config{Policy: p, Guard: openGuard()})
}

func fetcherOf(t testing.TB, c Config) *Fetcher {
	t.Helper()
	f, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.Close)
	return f
}

// hasty is a policy whose limits in time pass soon.
func hasty() sonde.Policy {
	p := sonde.DefaultPolicy()
	p.Timeouts = sonde.Timeouts{Connect: time.Second, FirstByte: 200 * time.Millisecond, Idle: 200 * time.Millisecond, Total: 5 * time.Second}
	return p
}

// answerWith answers the first request of a connection with raw bytes and closes.
func answerWith(raw string) func(net.Conn) {
	return func(c net.Conn) {
		if readRequest(c) == nil {
			io.WriteString(c, raw)
		}
	}
}

// answerAndHold answers with raw bytes and keeps the connection open until the
// other side closes it.
func answerAndHold(raw string) func(net.Conn) {
	return func(c net.Conn) {
		if readRequest(c) == nil {
			io.WriteString(c, raw)
			io.Copy(io.Discard, c)
		}
	}
}

// answerAndReset answers with raw bytes and breaks the connection.
func answerAndReset(raw string) func(net.Conn) {
	return func(c net.Conn) {
		if readRequest(c) == nil {
			io.WriteString(c, raw)
			reset(c)
		}
	}
}

// reset makes close send RST instead of FIN.
func reset(c net.Conn) {
	c.(*net.TCPConn).SetLinger(0)
	c.Close()
}

// readRequest reads one request, which has no body.
func readRequest(c net.Conn) error {
	r, err := http.ReadRequest(bufio.NewReader(c))
	if err == nil && r.ContentLength > 0 {
		err = errors.New("a request with a body")
	}
	return err
}

// drip writes text byte by byte, one each interval, until the other side is gone.
func drip(c net.Conn, text string, interval time.Duration) {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for i := range len(text) {
		<-tick.C
		if _, err := io.WriteString(c, text[i:i+1]); err != nil {
			return
		}
	}
}

// flood writes text again and again until the other side is gone.
func flood(c net.Conn, text string) {
	many := bytes.Repeat([]byte(text), 1+1<<16/len(text))
	for {
		if _, err := c.Write(many); err != nil {
			return
		}
	}
}

func gzipped(t testing.TB, plain []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(plain); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
