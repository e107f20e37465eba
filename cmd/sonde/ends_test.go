package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"os"
	"regexp"
	"strings"
	"testing"
)

// listens starts a command that listens, and returns where.
func (c *caller) listens(args ...string) (p *process, address string) {
	c.Helper()
	p = c.start(args...)
	p.says("until Ctrl-C.")
	found := regexp.MustCompile(`Listening on (\S+) `).FindStringSubmatch(p.errors.String())
	if found == nil {
		c.Fatalf("it says %q", p.errors.String())
	}
	return p, found[1]
}

// stop ends a process that listens, as Ctrl-C does, and holds that it ends well.
func (p *process) stop(c *caller, texts ...string) {
	c.Helper()
	p.signal(os.Interrupt)
	c.wants(p.ended(), exitDone, texts...)
}

// TestListenAndConnect is the example of two terminals, in every way there is.
func TestListenAndConnect(t *testing.T) {
	for name, flags := range map[string][]string{"tcp": nil, "udp": {"--udp"}, "tls": {"--tls"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCaller(t)
			p, address := c.listens(append([]string{"listen", "127.0.0.1:0"}, flags...)...)
			host, port, _ := net.SplitHostPort(address)
			connect := append([]string{"connect", host, port}, flags...)
			e := c.sonde(append(connect, "--send", "hello")...)
			c.wants(e, exitDone)
			if e.out != "Welcome to the server!\n" {
				t.Errorf("it prints %q", e.out)
			}
			c.stdin = "from standard input\n"
			c.wants(c.sonde(connect...), exitDone, "Welcome to the server!\n")
			c.wants(c.sonde(append(connect, "--expect", "^Welcome", "--timeout", "1m")...), exitDone, "Welcome")
			p.stop(c, "hello\n", "from standard input\n", "127.0.0.1:", " came\n", " left after ", "6 bytes in, 23 bytes out")
		})
	}
}

// TestListenRecord: the record has all that happened, and the greeting is as told.
func TestListenRecord(t *testing.T) {
	c := newCaller(t)
	p, address := c.listens("listen", "127.0.0.1:0", "--greet", "220 hi", "--echo", "--once", "--record", c.path("talk.ndjson"))
	host, port, _ := net.SplitHostPort(address)
	c.wants(c.sonde("connect", host, port, "--send", "a\x00\xff"), exitDone, "220 hi\na\x00\xff\n")
	c.wants(p.ended(), exitDone)
	text, err := os.ReadFile(c.path("talk.ndjson"))
	if err != nil {
		t.Fatal(err)
	}
	var events []string
	var said bytes.Buffer
	for line := range strings.Lines(string(text)) {
		var r recorded
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatal(err)
		}
		events = append(events, string(r.Event))
		said.Write(r.Base64)
	}
	if got := strings.Join(events, " "); got != "came said left" || said.String() != "a\x00\xff\n" {
		t.Errorf("recorded are %s: %s", got, text)
	}
}

// TestListenFiles serves a directory.
func TestListenFiles(t *testing.T) {
	c := newCaller(t)
	if err := os.WriteFile(c.path("a.txt"), []byte("hello"), 0o600); err != nil {
		t.Fatal(err)
	}
	p, address := c.listens("listen", "127.0.0.1:0", "--http", c.dir)
	c.wants(c.sonde("get", "http://"+address+"/a.txt"), exitDone, "hello")
	p.stop(c, " GET /a.txt 200 5 bytes")
}

// TestConnectEnds: the exit code tells refused from silent, and from what did not come.
func TestConnectEnds(t *testing.T) {
	c := newCaller(t)
	l, err := net.Listen("tcp", "127.0.0.1:0") // it takes connections, and says nothing
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	silent, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	port := func(a net.Addr) string { _, port, _ := net.SplitHostPort(a.String()); return port }
	c.wants(c.sonde("connect", "127.0.0.1", "1"), exitError, "connection refused (refused)")
	c.wants(c.sonde("connect", "127.0.0.1", "1", "--udp"), exitError, "connection refused (refused)")
	c.wants(c.sonde("connect", "127.0.0.1", port(l.Addr()), "--timeout", "50ms"), exitPartial, "nothing came in time (timed out)")
	c.wants(c.sonde("connect", "127.0.0.1", port(silent.LocalAddr()), "--udp", "--timeout", "50ms"), exitPartial, "(timed out)")
	c.wants(c.sonde("connect", "127.0.0.1", port(l.Addr()), "--timeout", "50ms", "--expect", "220"), exitGate, "what was to come did not, 220")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	c.wants(c.sondeUntil(ctx, "connect", "127.0.0.1", port(l.Addr())), exitInterrupted)
}

// TestEndsRefuse holds what is not done at all, and that the error says where.
func TestEndsRefuse(t *testing.T) {
	c := newCaller(t)
	for text, line := range map[string]string{
		`"70000" is no port`:                "listen 70000",
		`"::1:7000": [ADDR:]PORT is wanted`: "listen ::1:7000",
		`"example.org" is no address`:       "listen example.org:7000",
		"cannot be both sent back":          "listen 7000 --echo --discard",
		"TLS needs connections":             "listen 7000 --udp --tls",
		"--http serves files":               "listen 7000 --http . --echo",
		"/no/such/folder":                   "listen 7000 --http /no/such/folder",
		"only one can be sent":              "connect 127.0.0.1 7000 --send a --file b",
		"it is no regular expression":       "connect 127.0.0.1 7000 --expect ([",
		"64 hexadecimal digits":             "connect 127.0.0.1 7000 --fingerprint abc",
		"TLS needs a connection":            "connect 127.0.0.1 7000 --udp --tls",
		"the unit is missing":               "connect 127.0.0.1 7000 --timeout 5",
		"HOST:PORT is wanted":               "chat 7000",
		"is no regular file":                "send / 127.0.0.1:7000",
		"/no/such/file":                     "send /no/such/file 127.0.0.1:7000",
		"-d /no/such/folder":                "recv 7000 -d /no/such/folder",
		"a size is wanted":                  "recv 7000 --max-size big",
	} {
		c.wants(c.sonde(strings.Fields(line)...), exitUsage, text)
	}
}

// TestChatCommands: one holds a chat, and another talks in it.
func TestChatCommands(t *testing.T) {
	c := newCaller(t)
	p, address := c.listens("chat", "serve", "127.0.0.1:0")
	c.stdin = "/who\n/quit\n"
	c.wants(c.sonde("chat", address, "--nick", "ann"), exitDone, "* Welcome to the chat.", "* in lobby: ann\n")
	p.stop(c, " came\n", " left after ")
}

// TestSendAndRecv moves a file over TLS and holds it against the certificate.
func TestSendAndRecv(t *testing.T) {
	c := newCaller(t)
	if err := os.Mkdir(c.path("inbox"), 0o700); err != nil {
		t.Fatal(err)
	}
	content := bytes.Repeat([]byte("0123456789"), 100_000)
	if err := os.WriteFile(c.path("a.bin"), content, 0o600); err != nil {
		t.Fatal(err)
	}
	p, address := c.listens("recv", "127.0.0.1:0", "-d", c.path("inbox"), "--tls", "--max-size", "1MB")
	fingerprint := regexp.MustCompile(`[0-9a-f]{64}`).FindString(p.errors.String())
	c.wants(c.sonde("send", c.path("a.bin"), address, "--fingerprint", fingerprint), exitDone, "whole: its SHA-256 agrees")
	c.wants(c.sonde("send", c.path("a.bin"), address, "--fingerprint", strings.Repeat("ab", 32)), exitError, "not the one to expect")
	if err := os.WriteFile(c.path("b.bin"), append(content, '!'), 0o600); err != nil {
		t.Fatal(err)
	}
	c.wants(c.sonde("send", c.path("b.bin"), address, "--tls"), exitError, "the receiver says: b.bin has 1000001 bytes", "it does not verify: self-signed")
	c.wants(c.sonde("send", c.path("b.bin"), "127.0.0.1:1"), exitError, "(refused)")
	p.stop(c, "a.bin is here, whole", "  a.bin\n", "nothing was taken: ")
	if got, err := os.ReadFile(c.path("inbox/a.bin")); !bytes.Equal(got, content) {
		t.Errorf("there are %d bytes, %v", len(got), err)
	}
}

// TestSendCut: a transfer that is cut is a part, and says how to go on.
func TestSendCut(t *testing.T) {
	c := newCaller(t)
	if err := os.WriteFile(c.path("a.bin"), make([]byte, 64<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	cutter := serveRawOnce(t, "{}\n")
	c.wants(c.sonde("send", c.path("a.bin"), cutter), exitPartial, "the same command goes on from there")
}

// serveRawOnce answers the first bytes of one client and breaks the connection.
func serveRawOnce(t *testing.T, answer string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		c, err := l.Accept()
		if err != nil {
			return
		}
		c.Read(make([]byte, 1000))
		io.WriteString(c, answer)
		io.CopyN(io.Discard, c, 1000)
		c.(*net.TCPConn).SetLinger(0)
		c.Close()
	}()
	t.Cleanup(func() { l.Close(); <-done })
	return l.Addr().String()
}

// TestEscaper: what strangers say cannot control a terminal, however it is cut.
func TestEscaper(t *testing.T) {
	const said = "plain\tzoë\r\n\x1b[2J\x07\xff\u202e€"
	const want = "plain\tzoë\n\\u001b[2J\\u0007\\xff\\u202e€"
	for cut := range len(said) {
		var shown bytes.Buffer
		e := &escaper{to: &shown}
		io.WriteString(e, said[:cut])
		io.WriteString(e, said[cut:])
		if got := shown.String(); got != want {
			t.Errorf("cut at %d it shows %q, want %q", cut, got, want)
		}
	}
}
