package fetch

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"sonde"
	"sonde/internal/peer"
)

// TestLinesAreUsedAgain: one after the other, requests travel on one line, whatever
// frames their answers; what ends a line ends it for all.
func TestLinesAreUsedAgain(t *testing.T) {
	for answer, want := range map[string]int{
		ok + "Content-Length: 2\r\n\r\nok":                                                       1,
		ok + "Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n":                            1,
		ok + "Transfer-Encoding: chunked\r\nTrailer: X\r\n\r\n2\r\nok\r\n0\r\nX: y\r\n\r\n":      1,
		"HTTP/1.1 103 Early Hints\r\n\r\n" + ok + "Content-Length: 2\r\n\r\nok":                  1,
		"HTTP/1.1 204 No Content\r\n\r\n":                                                        1,
		"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok":               1,
		"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok":                                         3,
		ok + "Connection: close\r\nContent-Length: 2\r\n\r\nok":                                  3,
		ok + "Content-Length: 2\r\n\r\nok, and more":                                             3,
		ok + "Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n" + ok + "And: more\r\n\r\n": 3,
	} {
		server := peer.Serve(t, func(c net.Conn) {
			for readRequest(c) == nil {
				io.WriteString(c, answer)
			}
		})
		f := newFetcher(t, sonde.DefaultPolicy())
		for i := range 3 {
			a := f.Do(t.Context(), Request{URL: server.URL(), Use: sonde.Read, Keep: true})
			checkAnswer(t, a, "")
			if fresh := i == 0 || want == 3; fresh != (a.Fetch.Timing.Connect > 0) {
				t.Errorf("%.60q: request %d took %v to connect", answer, i+1, a.Fetch.Timing.Connect)
			}
		}
		if n := server.Connections(); n != want {
			t.Errorf("%.60q: %d connections for 3 requests, want %d", answer, n, want)
		}
	}
}

// TestSilentLine: an idle line is used again only while its peer neither spoke nor left.
func TestSilentLine(t *testing.T) {
	if !peeks {
		t.Skip("nothing here can see what waits on a connection")
	}
	for name, ends := range map[string]func(net.Conn){
		"speaks": func(c net.Conn) { io.WriteString(c, "HTTP/1.1 408 Request Timeout\r\n\r\n") },
		"leaves": func(c net.Conn) { c.Close() },
		"breaks": reset,
	} {
		end := make(chan struct{})
		server := peer.Serve(t, func(c net.Conn) {
			<-end
			ends(c)
			io.Copy(io.Discard, c)
		})
		c, err := newFetcher(t, sonde.DefaultPolicy()).dialer.reach(t.Context(), server.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		l := newLine(c, "")
		if !l.silent() {
			t.Errorf("%s: it is not silent before", name)
		}
		close(end)
		for deadline := time.Now().Add(10 * time.Second); l.silent(); {
			if time.Now().After(deadline) {
				t.Fatalf("%s: it is silent after", name)
			}
		}
		l.Close()
	}
}

// pipeLine is a line to a place, and whether it is closed.
func pipeLine(t *testing.T, place string) *line {
	ours, theirs := net.Pipe()
	t.Cleanup(func() { ours.Close(); theirs.Close() })
	return newLine(newConnection(ours), place)
}

// TestShelf: the line used last is given first, and no more are kept, and no longer,
// than is said.
func TestShelf(t *testing.T) {
	s := shelf{perPlace: 2}
	first, second, third := pipeLine(t, "a:80"), pipeLine(t, "a:80"), pipeLine(t, "a:80")
	other := pipeLine(t, "b:80")
	for _, l := range []*line{first, other, second, third} {
		s.put(l)
	}
	if !third.closed.Load() || second.closed.Load() {
		t.Errorf("third closed %t, second %t; want the one too many closed", third.closed.Load(), second.closed.Load())
	}
	for i, want := range []*line{second, first, nil} {
		if got := s.last("a:80"); got != want {
			t.Errorf("take %d: %p, want %p", i+1, got, want)
		}
	}
	s.put(first)
	s.close()
	s.put(second)
	if !first.closed.Load() || !second.closed.Load() || !other.closed.Load() || s.last("b:80") != nil {
		t.Error("not all is closed with the shelf")
	}
}

func TestShelfForgets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := shelf{perPlace: 1}
		old, young := pipeLine(t, "old:80"), pipeLine(t, "young:80")
		s.put(old)
		time.Sleep(idleTime - time.Second)
		s.put(young)
		time.Sleep(time.Second)
		if s.last("old:80") != nil || !old.closed.Load() {
			t.Error("a line is kept for longer than idleTime")
		}
		if s.last("young:80") != young {
			t.Error("a line is not kept for idleTime")
		}
	})
}

// TestShelfIsBounded: over all places the line that was idle longest makes room.
func TestShelfIsBounded(t *testing.T) {
	s := shelf{perPlace: 1}
	var lines []*line
	for i := range maxIdleInAll + 1 {
		l := pipeLine(t, sprintf("h%d:80", i))
		lines = append(lines, l)
		s.put(l)
	}
	if !lines[0].closed.Load() || lines[1].closed.Load() || s.all.Len() != maxIdleInAll {
		t.Errorf("%d are kept", s.all.Len())
	}
}

// FuzzHTTP1 holds what comes of an answer in our way against what comes of it through
// net/http's transport.
func FuzzHTTP1(f *testing.F) {
	for _, raw := range []string{
		ok + "Content-Length: 5\r\n\r\nhello", ok + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX: y\r\n\r\n",
		"HTTP/1.1 103 Early Hints\r\n\r\n" + ok + "\r\nhello", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n",
		"HTTP/1.0 200 OK\r\n\r\nhello", ok, "", "SSH-2.0-x\r\n", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
		ok + "Content-Encoding: gzip\r\n\r\nno gzip", ok + "Content-Length: 10\r\n\r\nhello",
	} {
		f.Add([]byte(raw))
	}
	ours := newFetcher(f, sonde.DefaultPolicy())
	theirs := newFetcher(f, sonde.DefaultPolicy())
	theirs.http1.dialer = &dialer{proxy: &proxy{}} // suits nothing
	f.Fuzz(func(t *testing.T, raw []byte) {
		if len(raw) > 64<<10 {
			t.Skip("more than fits into the buffers of a connection")
		}
		server := peer.Serve(t, answerWith(string(raw)))
		get := func(f *Fetcher) Answer {
			return f.Do(context.Background(), Request{URL: server.URL(), Use: sonde.Read, Keep: true, Method: http.MethodGet})
		}
		a, b := get(ours), get(theirs)
		if a.Failure != b.Failure || (a.Fetch == nil) != (b.Fetch == nil) {
			t.Fatalf("%q (%s), with net/http %q (%s)", a.Failure, a.Detail, b.Failure, b.Detail)
		}
		if a.Fetch == nil {
			return
		}
		if a.Fetch.Status != b.Fetch.Status || !bytes.Equal(a.Fetch.Body, b.Fetch.Body) || a.Fetch.Truncated != b.Fetch.Truncated || len(a.Fetch.Header) != len(b.Fetch.Header) {
			t.Fatalf("%+v, with net/http %+v", a.Fetch, b.Fetch)
		}
	})
}
