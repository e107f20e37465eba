package wire

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// An inbox is a receiver and its directory.
type inbox struct {
	t       *testing.T
	dir     string
	address string
	stop    func()
	over    chan Arrival // what became of each transfer
}

func newInbox(t *testing.T, change ...func(*Receiver)) *inbox {
	t.Helper()
	return inboxAt(t, t.TempDir(), change...)
}

func inboxAt(t *testing.T, dir string, change ...func(*Receiver)) *inbox {
	t.Helper()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	i := &inbox{t: t, dir: dir, over: make(chan Arrival, 100)}
	r := &Receiver{Dir: root, Tell: i.note}
	for _, c := range change {
		c(r)
	}
	i.address, i.stop = running(t, r.Serve)
	return i
}

func (i *inbox) note(a Arrival) {
	if a.Over {
		i.over <- a
	}
}

// last is what became of the last of so many transfers.
func (i *inbox) last(transfers int) (last Arrival) {
	for range transfers {
		last = <-i.over
	}
	return last
}

// names are the files that are there.
func (i *inbox) names() string {
	i.t.Helper()
	entries, err := os.ReadDir(i.dir)
	if err != nil {
		i.t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return strings.Join(names, " ")
}

func (i *inbox) content(name string) []byte {
	i.t.Helper()
	content, err := os.ReadFile(filepath.Join(i.dir, name))
	if err != nil {
		i.t.Fatal(err)
	}
	return content
}

// random makes a file of random bytes.
func random(t *testing.T, name string, size int) (path string, content []byte) {
	t.Helper()
	content = make([]byte, size)
	rand.Read(content)
	path = filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path, content
}

// send sends a file to an inbox, over a connection that wrap may change.
func (i *inbox) send(path string, tell func(Progress), wrap ...func(net.Conn) net.Conn) error {
	i.t.Helper()
	file, err := os.Open(path)
	if err != nil {
		i.t.Fatal(err)
	}
	defer file.Close()
	c, err := net.Dial("tcp", i.address)
	if err != nil {
		i.t.Fatal(err)
	}
	for _, w := range wrap {
		c = w(c)
	}
	return Send(i.t.Context(), c, file, tell)
}

// TestTransfer: files arrive as they are, and again is no harm.
func TestTransfer(t *testing.T) {
	i := newInbox(t)
	for _, size := range []int{0, 1, 3 << 20} {
		path, content := random(t, "a file.bin", size)
		for range 2 {
			if err := i.send(path, nil); err != nil {
				t.Fatal(err)
			}
		}
		if !bytes.Equal(i.content("a file.bin"), content) || i.names() != "a file.bin" {
			t.Errorf("%d bytes: there are %s", size, i.names())
		}
		os.Remove(filepath.Join(i.dir, "a file.bin"))
	}
	there := 0 // transfers of bytes that were there already; in which order the six are told is nobody's promise
	for range 6 {
		arrival := i.last(1)
		if arrival.Err != nil || arrival.Done != arrival.Size {
			t.Errorf("an arrival is %+v", arrival)
		}
		if arrival.Size > 0 && arrival.From == arrival.Size {
			there++
		}
	}
	if there != 2 {
		t.Errorf("%d arrivals had nothing to bring, not 2", there)
	}
}

// cutting is a connection that breaks after so many bytes went out.
type cutting struct {
	net.Conn
	left int
}

func (c *cutting) Write(p []byte) (int, error) {
	if len(p) > c.left {
		n, _ := c.Conn.Write(p[:c.left])
		c.Conn.Close()
		return n, net.ErrClosed
	}
	c.left -= len(p)
	return c.Conn.Write(p)
}

// TestResume: a transfer that is cut leaves nothing that looks whole, and the next goes on
// where it stopped.
func TestResume(t *testing.T) {
	i := newInbox(t)
	path, content := random(t, "big.bin", 5<<20)
	cut := func(c net.Conn) net.Conn { return &cutting{c, 2 << 20} }
	if err := i.send(path, nil, cut); err == nil {
		t.Fatal("the cut went unnoticed")
	}
	if last := i.last(1); !errors.Is(last.Err, io.ErrUnexpectedEOF) || last.Done < 1<<20 {
		t.Errorf("the cut is told as %+v", last)
	}
	i.stop()
	sum := sha256.Sum256(content)
	if want := unfinished(hex.EncodeToString(sum[:])); i.names() != want {
		t.Fatalf("there are %s, want %s", i.names(), want)
	}
	again := inboxAt(t, i.dir) // the receiver may have been started anew
	var first, end Progress
	err := again.send(path, func(p Progress) {
		if first.Size == 0 {
			first = p
		}
		end = p
	})
	if err != nil || first.From < 1<<20 || end.Done != int64(len(content)) {
		t.Errorf("%v: it went on from %d and came to %d", err, first.From, end.Done)
	}
	if again.names() != "big.bin" || !bytes.Equal(again.content("big.bin"), content) {
		t.Errorf("there are %s", again.names())
	}
}

// TestWrongContent: what does not have the SHA-256 that was told is not kept, whether it
// came so or lay there.
func TestWrongContent(t *testing.T) {
	i := newInbox(t)
	path, content := random(t, "a.bin", 100_000)
	sum := sha256.Sum256(content)
	part := filepath.Join(i.dir, unfinished(hex.EncodeToString(sum[:])))
	if err := os.WriteFile(part, []byte("something else"), 0o600); err != nil {
		t.Fatal(err)
	}
	err := i.send(path, nil)
	if rejected, ok := errors.AsType[*RejectedError](err); !ok || !strings.Contains(rejected.Why, "nothing of it is kept") || i.names() != "" {
		t.Errorf("%v, there are %s", err, i.names())
	}
	if err := os.WriteFile(part, make([]byte, 200_000), 0o600); err != nil { // more than the whole
		t.Fatal(err)
	}
	if err := i.send(path, nil); err != nil || !bytes.Equal(i.content("a.bin"), content) {
		t.Errorf("%v, there are %s", err, i.names())
	}
}

// offered says a line to an inbox and returns the answer.
func (i *inbox) offered(line string) answer {
	i.t.Helper()
	c := dial(i.t, "tcp", i.address)
	says(i.t, c, line+"\n")
	var a answer
	if err := json.NewDecoder(c).Decode(&a); err != nil {
		i.t.Fatalf("%.200q is answered with %v", line, err)
	}
	return a
}

// TestHostileOffers: no name leads out of the directory, and nothing there is touched.
func TestHostileOffers(t *testing.T) {
	outside := t.TempDir()
	inside := filepath.Join(outside, "inside")
	if err := errors.Join(os.Mkdir(inside, 0o700), os.WriteFile(filepath.Join(outside, "secret"), []byte("secret"), 0o600),
		os.Symlink("../secret", filepath.Join(inside, "link")), os.Mkdir(filepath.Join(inside, "folder"), 0o700)); err != nil {
		t.Fatal(err)
	}
	i := inboxAt(t, inside, func(r *Receiver) { r.MaxSize = 1_000 })
	empty := sha256.Sum256(nil)
	sum := hex.EncodeToString(empty[:])
	with := func(name string) string {
		line, err := json.Marshal(offer{1, name, 0, sum})
		if err != nil {
			t.Fatal(err)
		}
		return string(line)
	}
	for _, name := range []string{
		"", ".", "..", "../secret", "/etc/passwd", `..\secret`, `C:\x`, "a/b", "a\x00b", "a\nb", ".bashrc", "..x", "x.", "x ",
		"a\u202etxt.exe", strings.Repeat("x", 256), "link", "folder", "a:stream", "a?",
	} {
		if a := i.offered(with(name)); a.Error == "" {
			t.Errorf("%q is taken: %+v", name, a)
		}
	}
	for _, line := range []string{
		"", "GET / HTTP/1.1", "{}", "[]", `{"sonde":2,"name":"a","size":0,"sha256":"` + sum + `"}`, `{"sonde":1,"name":"a","size":-1,"sha256":"` + sum + `"}`,
		`{"sonde":1,"name":"a","size":0,"sha256":"../../secret"}`, `{"sonde":1,"name":"a","size":1001,"sha256":"` + sum + `"}`,
		`{"sonde":1,"name":"a","size":1e99,"sha256":"` + sum + `"}`, strings.Repeat("x", 2*maxTransferLine),
	} {
		if a := i.offered(line); a.Error == "" {
			t.Errorf("%.100q is taken: %+v", line, a)
		}
	}
	i.stop()
	if text, err := os.ReadFile(filepath.Join(outside, "secret")); string(text) != "secret" || i.names() != "folder link" {
		t.Errorf("the secret is %q, %v; there are %s", text, err, i.names())
	}
}

// TestNothingOverwritten: another file of the name stays as it is.
func TestNothingOverwritten(t *testing.T) {
	i := newInbox(t)
	path, _ := random(t, "a.bin", 10)
	if err := os.WriteFile(filepath.Join(i.dir, "a.bin"), []byte("0123456789"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := i.send(path, nil); err == nil || !strings.Contains(err.Error(), "nothing is overwritten") || string(i.content("a.bin")) != "0123456789" {
		t.Errorf("%v, there is %q", err, i.content("a.bin"))
	}
}

// TestTwice: a file comes on one connection at a time.
func TestTwice(t *testing.T) {
	i := newInbox(t)
	path, content := random(t, "a.bin", 10)
	sum := sha256.Sum256(content)
	line, _ := json.Marshal(offer{1, "a.bin", 10, hex.EncodeToString(sum[:])})
	c := dial(t, "tcp", i.address)
	says(t, c, string(line)+"\n")
	hears(t, c, "{}\n") // from 0 on
	if err := i.send(path, nil); err == nil || !strings.Contains(err.Error(), "on another connection") {
		t.Errorf("the second ends with %v", err)
	}
	c.Write(content)
	hears(t, c, `{"done":true}`)
	if !bytes.Equal(i.content("a.bin"), content) {
		t.Errorf("there is %q", i.content("a.bin"))
	}
}

// TestTransferTLS sends over TLS, to a receiver that takes one file.
func TestTransferTLS(t *testing.T) {
	certificate, err := SelfSigned()
	if err != nil {
		t.Fatal(err)
	}
	i := newInbox(t, func(r *Receiver) {
		r.Once, r.TLS = true, &tls.Config{Certificates: []tls.Certificate{certificate}}
	})
	path, content := random(t, "a.bin", 1<<20)
	want := FingerprintOf(certificate.Certificate[0])
	err = i.send(path, nil, func(c net.Conn) net.Conn {
		secured, _, err := Secure(t.Context(), c, "127.0.0.1", &want)
		if err != nil {
			t.Fatal(err)
		}
		return secured
	})
	if last := i.last(1); err != nil || last.Err != nil || !bytes.Equal(i.content("a.bin"), content) {
		t.Errorf("%v, %+v", err, last)
	}
}

// TestSendInterrupted: a sender stops with its context.
func TestSendInterrupted(t *testing.T) {
	address := answering(t, func(c net.Conn) {
		bufio.NewReader(c).ReadString('\n')
		io.WriteString(c, "{}\n")
		c.Read(make([]byte, 1))
		c.Read(make([]byte, 1))
	})
	path, _ := random(t, "a.bin", 64<<20)
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	ctx, cancel := context.WithCancel(t.Context())
	err = Send(ctx, dial(t, "tcp", address), file, func(Progress) { cancel() })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("it ended with %v", err)
	}
}

// TestHostileReceiver: what a receiver may not answer is told, and harmless.
func TestHostileReceiver(t *testing.T) {
	path, _ := random(t, "a.bin", 10)
	for said, want := range map[string]string{
		"{\"from\":11}\n":                    "wants byte 11 of 10",
		"{\"from\":-1}\n":                    "wants byte -1 of 10",
		"SSH-2.0-x\r\n":                      "what answers is none",
		"":                                   "unexpected EOF",
		strings.Repeat("x", 9_000) + "\n":    "longer than any line",
		"{\"error\":\"\\u001b[31mno\\n\"}\n": "the receiver says: [31mno",
	} {
		address := answering(t, func(c net.Conn) { io.WriteString(c, said); c.(*net.TCPConn).CloseWrite(); io.Copy(io.Discard, c) })
		file, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		err = Send(t.Context(), dial(t, "tcp", address), file, nil)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q ends with %v", said, err)
		}
		file.Close()
	}
}

// FuzzOffer: whatever is offered, its name is that of a plain file in the directory.
func FuzzOffer(f *testing.F) {
	for _, name := range []string{"a.bin", "../x", ".x", "a\\b"} {
		line, _ := json.Marshal(offer{1, name, 1, strings.Repeat("ab", 32)})
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		o, err := parseOffer(line)
		if err != nil {
			return
		}
		if filepath.Base(o.Name) != o.Name || !filepath.IsLocal(o.Name) || strings.HasPrefix(o.Name, ".") || len(o.SHA256) != 64 || o.Size < 0 || len(unfinished(o.SHA256)) > 255 {
			t.Errorf("it takes %+v", o)
		}
	})
}

// FuzzAnswer: whatever a receiver answers, it is read within its bounds, and what it says
// is harmless.
func FuzzAnswer(f *testing.F) {
	for _, said := range []string{"{}\n", `{"error":"no"}` + "\n", `{"from":12}` + "\n"} {
		f.Add([]byte(said))
	}
	f.Fuzz(func(t *testing.T, said []byte) {
		_, err := readAnswer(bufio.NewReaderSize(bytes.NewReader(said), maxTransferLine))
		if rejected, ok := errors.AsType[*RejectedError](err); ok && rejected.Why != clean(rejected.Why) {
			t.Errorf("the receiver says %q", rejected.Why)
		}
	})
}
