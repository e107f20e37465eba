package wire

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

const greeting = "Welcome to the server!\n"

// running starts serve on a free port of loopback for the time of a test, or until stop is
// called, and holds that it ends well.
func running(t *testing.T, serve func(context.Context, net.Listener) error) (address string, stop func()) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- serve(ctx, l) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("serving ended with %v", err)
		}
	})
	t.Cleanup(stop)
	return l.Addr().String(), stop
}

// runningDatagrams is running for UDP.
func runningDatagrams(t *testing.T, s *Server) (address string) {
	t.Helper()
	c, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.ServeDatagrams(ctx, c) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("serving ended with %v", err)
		}
	})
	return c.LocalAddr().String()
}

// dial connects for the time of a test, within a deadline that no machine needs.
func dial(t *testing.T, network, address string) net.Conn {
	t.Helper()
	c, err := net.Dial(network, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if err := c.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	return c
}

// hears holds that a text comes next.
func hears(t *testing.T, r io.Reader, want string) {
	t.Helper()
	got := make([]byte, len(want))
	if n, err := io.ReadFull(r, got); err != nil || string(got) != want {
		t.Fatalf("%q came, %v, want %q", got[:n], err, want)
	}
}

func says(t *testing.T, w io.Writer, text string) {
	t.Helper()
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
}

// TestManyClients greets a thousand clients that are all there at once.
func TestManyClients(t *testing.T) {
	const many = 1_000
	var mu sync.Mutex
	said, came, left := 0, 0, 0
	address, stop := running(t, (&Server{Greeting: greeting, Echo: true, Tell: func(e Event) {
		mu.Lock()
		defer mu.Unlock()
		switch e.Kind {
		case Came:
			came++
		case Said:
			said += len(e.Data)
		case Left:
			left++
		}
	}}).Serve)
	clients := make([]net.Conn, many)
	for i := range clients {
		clients[i] = dial(t, "tcp", address)
	}
	for _, c := range clients {
		hears(t, c, greeting)
	}
	for _, c := range clients {
		says(t, c, "hello")
	}
	for _, c := range clients {
		hears(t, c, "hello")
		c.Close()
	}
	stop()
	if came != many || left != many || said != many*len("hello") {
		t.Errorf("%d came, %d left, %d bytes were said", came, left, said)
	}
}

// TestEvents: what is told of a client adds up.
func TestEvents(t *testing.T) {
	var events []Event
	address, stop := running(t, (&Server{Greeting: "hi", Once: true, Tell: func(e Event) {
		e.Data = bytes.Clone(e.Data)
		events = append(events, e)
	}}).Serve)
	c := dial(t, "tcp", address)
	hears(t, c, "hi")
	says(t, c, "hello")
	c.(*net.TCPConn).CloseWrite()
	hears(t, c, "")
	if rest, err := io.ReadAll(c); len(rest) > 0 || err != nil {
		t.Errorf("%q came behind the greeting, %v", rest, err)
	}
	stop()
	if len(events) != 3 || events[0].Kind != Came || string(events[1].Data) != "hello" || events[2].Kind != Left ||
		events[2].In != 5 || events[2].Out != 2 || events[2].Err != nil || events[0].Client.String() != c.LocalAddr().String() {
		t.Errorf("told were %+v", events)
	}
	if _, err := net.Dial("tcp", address); err == nil {
		t.Error("after the first client another came in")
	}
}

// TestMax: who comes when all places are taken waits until one is free.
func TestMax(t *testing.T) {
	address, _ := running(t, (&Server{Greeting: greeting, Max: 1}).Serve)
	first := dial(t, "tcp", address)
	hears(t, first, greeting)
	second := dial(t, "tcp", address)
	second.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	if _, err := second.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the second was served beside the first: %v", err)
	}
	first.Close()
	second.SetReadDeadline(time.Now().Add(time.Minute))
	hears(t, second, greeting)
}

// TestDeaf: a client that reads nothing of what it is sent back holds up nobody else.
func TestDeaf(t *testing.T) {
	address, _ := running(t, (&Server{Echo: true}).Serve)
	deaf := dial(t, "tcp", address)
	deaf.SetWriteDeadline(time.Now().Add(300 * time.Millisecond))
	for err := error(nil); err == nil; {
		_, err = deaf.Write(make([]byte, 1<<20))
	}
	other := dial(t, "tcp", address)
	says(t, other, "hello")
	hears(t, other, "hello")
}

// TestListenTLS: a certificate of our own is held against its fingerprint.
func TestListenTLS(t *testing.T) {
	certificate, err := SelfSigned()
	if err != nil {
		t.Fatal(err)
	}
	want := FingerprintOf(certificate.Certificate[0])
	address, _ := running(t, (&Server{Greeting: greeting, TLS: &tls.Config{Certificates: []tls.Certificate{certificate}}}).Serve)
	c, shown, err := Secure(t.Context(), dial(t, "tcp", address), "127.0.0.1", &want)
	if err != nil || FingerprintOf(shown[0].Raw) != want {
		t.Fatalf("%v, shown %v", err, shown)
	}
	hears(t, c, greeting)
	other := want
	other[0]++
	if _, _, err := Secure(t.Context(), dial(t, "tcp", address), "127.0.0.1", &other); err == nil || !strings.Contains(err.Error(), want.String()) {
		t.Errorf("another fingerprint ends with %v", err)
	}
	for text, good := range map[string]bool{want.String(): true, strings.ToUpper(want.String()): true, "": false, "ab:cd": false, want.String() + "00": false} {
		if got, err := ParseFingerprint(text); (err == nil) != good || good && got != want {
			t.Errorf("%q is read as %s, %v", text, got, err)
		}
	}
}

// TestDatagrams: clients are known by where they send from, and each is greeted once.
func TestDatagrams(t *testing.T) {
	address := runningDatagrams(t, &Server{Greeting: greeting, Echo: true, Max: 2})
	one, two, three := dial(t, "udp", address), dial(t, "udp", address), dial(t, "udp", address)
	for range 2 {
		for i, c := range []net.Conn{one, two} {
			says(t, c, "hello")
			got := make([]byte, 100)
			n, err := c.Read(got)
			if err == nil && string(got[:n]) == greeting {
				n, err = c.Read(got)
			}
			if err != nil || string(got[:n]) != "hello" {
				t.Errorf("client %d hears %q, %v", i, got[:n], err)
			}
		}
	}
	says(t, three, "hello")
	three.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	if _, err := three.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a client too many was answered: %v", err)
	}
}

// TestNetcat: Debian's nc is as good an end as ours, over TCP and UDP.
func TestNetcat(t *testing.T) {
	program, err := exec.LookPath("nc")
	if err != nil {
		t.Skip("nc is not installed")
	}
	tcp, _ := running(t, (&Server{Greeting: greeting, Echo: true}).Serve)
	udp := runningDatagrams(t, &Server{Greeting: greeting, Echo: true})
	for address, flags := range map[string][]string{tcp: {"-N"}, udp: {"-u", "-w", "1"}} {
		host, port, _ := net.SplitHostPort(address)
		nc := exec.CommandContext(t.Context(), program, append(flags, host, port)...)
		nc.Stdin = strings.NewReader("from nc\n")
		if out, err := nc.Output(); string(out) != greeting+"from nc\n" {
			t.Errorf("nc %v printed %q, %v", flags, out, err)
		}
	}
}

// TestNetcatListens: a conversation of ours with Debian's nc, which listens.
func TestNetcatListens(t *testing.T) {
	program, err := exec.LookPath("nc")
	if err != nil {
		t.Skip("nc is not installed")
	}
	socket := filepath.Join(t.TempDir(), "s") // nc tells no port that it chose; a socket has a name
	nc := exec.CommandContext(t.Context(), program, "-lNU", socket)
	nc.Stdin = strings.NewReader("from nc\n")
	var heard bytes.Buffer
	nc.Stdout = &heard
	if err := nc.Start(); err != nil {
		t.Fatal(err)
	}
	var c net.Conn
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for c == nil && t.Context().Err() == nil {
		<-tick.C
		c, _ = net.Dial("unix", socket)
	}
	var out bytes.Buffer
	err = Conversation{In: strings.NewReader("from us\n"), Out: &out}.Hold(t.Context(), c)
	nc.Wait()
	if err != nil || out.String() != "from nc\n" || heard.String() != "from us\n" {
		t.Errorf("%v: %q came, nc heard %q", err, out.String(), heard.String())
	}
}

// TestServeFiles: files below the directory are served, and nothing else is, wherever
// paths and links lead.
func TestServeFiles(t *testing.T) {
	outside := t.TempDir()
	inside := filepath.Join(outside, "inside")
	for name, text := range map[string]string{"secret": "secret", "inside/a.txt": "hello"} {
		if err := errors.Join(os.MkdirAll(inside, 0o700), os.WriteFile(filepath.Join(outside, name), []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("../secret", filepath.Join(inside, "link")); err != nil {
		t.Fatal(err)
	}
	dir, err := os.OpenRoot(inside)
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	asked := make(chan Asked, 10)
	address, stop := running(t, func(ctx context.Context, l net.Listener) error {
		return ServeFiles(ctx, l, dir, 0, func(a Asked) { asked <- a })
	})
	for path, want := range map[string]int{"/a.txt": 200, "/../secret": 404, "/link": 404, "/%2e%2e/secret": 404, "/none": 404} {
		c := dial(t, "tcp", address)
		says(t, c, "GET "+path+" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
		answer, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(answer.Body)
		if served := answer.StatusCode == 200; served != (want == 200) || strings.Contains(string(body), "secret\n") || string(body) == "secret" {
			t.Errorf("%s gives %d %q", path, answer.StatusCode, body)
		}
		if a := <-asked; a.Status != answer.StatusCode || a.Method != "GET" || a.Client.String() != c.LocalAddr().String() {
			t.Errorf("told is %+v of %s", a, path)
		}
	}
	stop()
}
