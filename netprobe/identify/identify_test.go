package identify

import (
	"context"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"sonde"
	"sonde/internal/peer"
)

// hasty are limits for servers that never answer; those that do have all the time
// they need.
var hasty = Limits{Greeting: 100 * time.Millisecond, Answer: time.Second, Guess: 20 * time.Millisecond, HeadStart: 5 * time.Millisecond}

// place serves every connection on a port of loopback by handle until the test ends,
// and returns how to reach it.
func place(t testing.TB, handle func(net.Conn)) Hints {
	t.Helper()
	return Hints{Dial: peer.Serve(t, handle).Dial}
}

// at returns how to reach an address.
func at(address string) Hints {
	return Hints{Dial: func(ctx context.Context) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "tcp", address)
	}}
}

// identified says who answers at a place.
func identified(t testing.TB, h Hints) sonde.Service {
	t.Helper()
	conn, err := h.Dial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return Service(t.Context(), conn, h)
}

// silent serves who never says a word.
func silent(conn net.Conn) { io.Copy(io.Discard, conn) }

// says serves who says something by itself, and nothing more.
func says(greeting string) func(net.Conn) {
	return func(conn net.Conn) {
		io.WriteString(conn, greeting)
		silent(conn)
	}
}

// replies serves who gives one answer after the other, each to whatever comes next,
// and then closes. An empty one is left out: the first is a greeting.
func replies(answers ...string) func(net.Conn) {
	return func(conn net.Conn) {
		for i, answer := range answers {
			if i > 0 {
				if _, err := conn.Read(make([]byte, 64<<10)); err != nil {
					return
				}
			}
			io.WriteString(conn, answer)
		}
	}
}

// answering serves who gives a known answer to what begins as one of the questions, and
// closes at anything else.
func answering(answers map[string]string) func(net.Conn) {
	return func(conn net.Conn) {
		question := make([]byte, 64<<10)
		for {
			n, err := conn.Read(question)
			answer, known := "", false
			for begin, a := range answers {
				if strings.HasPrefix(string(question[:n]), begin) {
					answer, known = a, true
				}
			}
			if err != nil || !known {
				return
			}
			io.WriteString(conn, answer)
		}
	}
}

// served is a service that is made for a test, and what must be known of it.
type served struct {
	name  string
	serve func(net.Conn)
	want  sonde.Service
}

func testServed(t *testing.T, tests []served) {
	t.Helper()
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			same(t, identified(t, place(t, test.serve)), test.want)
		})
	}
}

// same compares all of a service but TLS and banner.
func same(t *testing.T, got, want sonde.Service) {
	t.Helper()
	if got.Name != want.Name || got.Product != want.Product || got.Version != want.Version || got.StartTLS != want.StartTLS {
		t.Errorf("got  %q %q %q StartTLS %v, banner %q\nwant %q %q %q StartTLS %v",
			got.Name, got.Product, got.Version, got.StartTLS, got.Banner, want.Name, want.Product, want.Version, want.StartTLS)
	}
	if !slices.Equal(got.Facts, want.Facts) {
		t.Errorf("facts\ngot  %q\nwant %q", got.Facts, want.Facts)
	}
}

// facts makes facts of names and values.
func facts(pairs ...string) (all []sonde.Fact) {
	for pair := range slices.Chunk(pairs, 2) {
		all = append(all, sonde.Fact{Name: pair[0], Value: pair[1]})
	}
	return all
}

func TestUnknownTextIsTheBanner(t *testing.T) {
	got := identified(t, place(t, says("Welcome to the server!\n\x1b[31m")))
	if got.Name != "" || got.Banner != `Welcome to the server!\n\x1b[31m` {
		t.Errorf("got %+v", got)
	}
}

func TestSilenceIsNothing(t *testing.T) {
	h := place(t, silent)
	h.Limits = hasty
	if got := identified(t, h); got.Name != "" || got.Banner != "" || got.TLS != nil {
		t.Errorf("got %+v", got)
	}
}

func TestClosingIsNothing(t *testing.T) {
	if got := identified(t, place(t, func(net.Conn) {})); got.Name != "" || got.Banner != "" {
		t.Errorf("got %+v", got)
	}
}

func TestEcho(t *testing.T) {
	got := identified(t, place(t, func(conn net.Conn) { io.Copy(conn, conn) }))
	if got.Name != "echo" {
		t.Errorf("got %+v", got)
	}
}

// TestHugeBanner holds that a banner without end is cut.
func TestHugeBanner(t *testing.T) {
	got := identified(t, place(t, func(conn net.Conn) {
		for range 10 << 20 / 1024 {
			if _, err := io.WriteString(conn, strings.Repeat("x", 1024)); err != nil {
				return
			}
		}
	}))
	if got.Name != "" || len(got.Banner) != sonde.MaxBanner {
		t.Errorf("got %q with a banner of %d bytes", got.Name, len(got.Banner))
	}
}

// TestDrippingBanner holds that a server which says a byte now and then is left alone
// when the time is over.
func TestDrippingBanner(t *testing.T) {
	h := place(t, func(conn net.Conn) {
		for {
			if _, err := io.WriteString(conn, "."); err != nil {
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
	})
	h.Limits.Total = 300 * time.Millisecond
	got := identified(t, h)
	if got.Name != "" || !strings.HasPrefix(got.Banner, "..") {
		t.Errorf("got %+v", got)
	}
}

// TestCancel holds that the end of the context ends all.
func TestCancel(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	h := place(t, func(conn net.Conn) {
		conn.Read(make([]byte, 1))
		cancel()
		silent(conn)
	})
	h.Limits = Limits{Guess: time.Hour, Answer: time.Hour, Total: time.Hour}
	conn, err := h.Dial(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if got := Service(ctx, conn, h); got.Name != "" {
		t.Errorf("got %+v", got)
	}
}

// TestSlowWeb holds that a web server which takes longer than a guess is waited for
// while others are tried.
func TestSlowWeb(t *testing.T) {
	h := place(t, func(conn net.Conn) {
		question := make([]byte, 1024)
		if n, _ := conn.Read(question); strings.HasPrefix(string(question[:n]), "GET ") {
			time.Sleep(100 * time.Millisecond)
			io.WriteString(conn, "HTTP/1.1 200 OK\r\n\r\n")
			return
		}
		silent(conn)
	})
	h.Limits = hasty
	if got := identified(t, h); got.Name != "http" {
		t.Errorf("got %+v", got)
	}
}
