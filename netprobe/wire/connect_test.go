package wire

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"regexp"
	"strings"
	"testing"
	"time"

	"sonde"
)

// answering is an address whose clients are handed to answer, one after the other.
func answering(t *testing.T, answer func(net.Conn)) string {
	t.Helper()
	address, _ := running(t, func(ctx context.Context, l net.Listener) error {
		return serve(ctx, l, 1, false, func(_ context.Context, c net.Conn) { answer(c) })
	})
	return address
}

// TestConversation holds how conversations end.
func TestConversation(t *testing.T) {
	greet := func(c net.Conn) { io.WriteString(c, "220 hello\r\n") }
	greetAndStay := func(c net.Conn) { greet(c); io.Copy(io.Discard, c); c.Read(make([]byte, 1)) }
	stay := func(c net.Conn) { io.Copy(io.Discard, c) }
	for name, test := range map[string]struct {
		answer  func(net.Conn)
		in      string
		expect  string
		silence time.Duration
		out     string
		want    error
	}{
		"closed":      {greet, "", "", 0, "220 hello\r\n", nil},
		"echoed":      {func(c net.Conn) { io.Copy(c, c) }, "hello", "", 0, "hello", nil},
		"expected":    {greetAndStay, "", "(?m)^220 ", time.Minute, "220 hello\r\n", nil},
		"not met":     {greet, "", "250", time.Minute, "220 hello\r\n", ErrUnmet},
		"silent":      {func(c net.Conn) { c.Read(make([]byte, 1)); c.Read(make([]byte, 1)) }, "x", "never", 50 * time.Millisecond, "", ErrSilent},
		"sent to one": {stay, strings.Repeat("x", 1<<20), "", 0, "", nil},
	} {
		var out bytes.Buffer
		talk := Conversation{In: strings.NewReader(test.in), Out: &out, Silence: test.silence}
		if test.expect != "" {
			talk.Expect = regexp.MustCompile(test.expect)
		}
		err := talk.Hold(t.Context(), dial(t, "tcp", answering(t, test.answer)))
		if !errors.Is(err, test.want) || out.String() != test.out {
			t.Errorf("%s: %v, %q came", name, err, out.String())
		}
	}
}

// TestExpectAcrossReads: what is expected may come in pieces.
func TestExpectAcrossReads(t *testing.T) {
	address := answering(t, func(c net.Conn) {
		for _, b := range "220 hello" {
			c.Write([]byte(string(b)))
			c.(*net.TCPConn).SetNoDelay(true)
		}
		c.Read(make([]byte, 1))
	})
	err := Conversation{In: strings.NewReader(""), Out: io.Discard, Expect: regexp.MustCompile("20 he"), Silence: time.Minute}.Hold(t.Context(), dial(t, "tcp", address))
	if err != nil {
		t.Error(err)
	}
}

// TestLastWords: what the other end said before it stopped listening is heard.
func TestLastWords(t *testing.T) {
	address := answering(t, func(c net.Conn) {
		io.WriteString(c, "enough")
		c.(*net.TCPConn).CloseWrite()
		io.CopyN(io.Discard, c, 1<<20)
	})
	var out bytes.Buffer
	Conversation{In: endless{}, Out: &out}.Hold(t.Context(), dial(t, "tcp", address))
	if out.String() != "enough" {
		t.Errorf("%q came", out.String())
	}
}

// endless gives zeros for ever.
type endless struct{}

func (endless) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// TestBrokenInput: what cannot be read is told.
func TestBrokenInput(t *testing.T) {
	address := answering(t, func(c net.Conn) { io.Copy(io.Discard, c) })
	broken := errors.New("no such disk")
	err := Conversation{In: failing{broken}, Out: io.Discard}.Hold(t.Context(), dial(t, "tcp", address))
	if !errors.Is(err, broken) {
		t.Error(err)
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// TestInterrupted: a conversation ends with its context.
func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	address := answering(t, func(c net.Conn) { cancel(); c.Read(make([]byte, 1)) })
	in, hold := io.Pipe()
	defer hold.Close()
	if err := (Conversation{In: in, Out: io.Discard}).Hold(ctx, dial(t, "tcp", address)); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// TestRefusedDatagrams: over UDP a closed port is told from a silent one.
func TestRefusedDatagrams(t *testing.T) {
	c, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	talk := Conversation{In: strings.NewReader("x"), Out: io.Discard, Datagrams: true, Silence: 50 * time.Millisecond}
	if err := talk.Hold(t.Context(), dial(t, "udp", c.LocalAddr().String())); !errors.Is(err, ErrSilent) {
		t.Errorf("a silent port: %v", err)
	}
	c.Close()
	talk.In, talk.Silence = strings.NewReader("x"), time.Minute
	if err := talk.Hold(t.Context(), dial(t, "udp", c.LocalAddr().String())); sonde.ConnectFailure(err) != sonde.Refused {
		t.Errorf("a closed port: %v", err)
	}
}
