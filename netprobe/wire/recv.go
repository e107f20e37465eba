package wire

import (
	"bufio"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"sync"
)

// Receiver takes files into a directory. A file has another name until its SHA-256 agrees,
// so that nothing there looks whole and is not; what came of a transfer that broke is kept
// under it, for the next to go on.
type Receiver struct {
	Dir     *os.Root    // nothing outside of it is ever touched
	MaxSize int64       // bytes of a file; 0: any
	Once    bool        // the first sender is the only one
	TLS     *tls.Config // nil: no TLS
	// Tell is told of what came and what became of it, by one goroutine at a time. nil:
	// nobody is told.
	Tell func(Arrival)

	mu     sync.Mutex
	active map[string]bool // the SHA-256 of what is coming
	tells  sync.Mutex
}

// Arrival is how a file comes, or what became of it.
type Arrival struct {
	Sender netip.AddrPort
	Progress
	SHA256 string // in hexadecimal digits
	Over   bool   // nothing more will come of it
	Err    error  // why it was not taken; nil where it was
}

// maxSenders is how many send at once.
const maxSenders = 64

// Serve takes files from the clients of l until ctx ends, or with Once until the first has
// left, and closes l. The error says why l gives no more; it is nil when ctx has ended.
func (r *Receiver) Serve(ctx context.Context, l net.Listener) error {
	return serve(ctx, l, maxSenders, r.Once, r.client)
}

func (r *Receiver) tell(a Arrival) {
	if r.Tell == nil {
		return
	}
	r.tells.Lock()
	defer r.tells.Unlock()
	r.Tell(a)
}

// client takes one file, and tells both ends what became of it.
func (r *Receiver) client(ctx context.Context, c net.Conn) {
	a := &Arrival{Sender: remote(c)}
	if r.TLS != nil {
		c = tls.Server(c, r.TLS)
	}
	err := shake(ctx, c)
	c = lively{c}
	if err == nil {
		if err = r.take(c, a); err == nil {
			err = writeLine(c, answer{Done: true})
		} else {
			_ = writeLine(c, answer{Error: err.Error()}) // the sender may be gone
		}
	}
	a.Over, a.Err = true, err
	r.tell(*a)
}

// take takes a file from a connection.
func (r *Receiver) take(c net.Conn, a *Arrival) error {
	in := bufio.NewReaderSize(c, maxTransferLine)
	line, err := readTransferLine(in)
	if err != nil {
		return err
	}
	o, err := parseOffer(line)
	if err != nil {
		return err
	}
	a.Name, a.Size, a.SHA256 = o.Name, o.Size, o.SHA256
	if r.MaxSize > 0 && o.Size > r.MaxSize {
		return fmt.Errorf("%s has %d bytes, and no more than %d are taken", o.Name, o.Size, r.MaxSize)
	}
	if !r.begin(o.SHA256) {
		return fmt.Errorf("%s is coming on another connection already", o.Name)
	}
	defer r.finish(o.SHA256)
	if there, err := r.has(o); there || err != nil {
		a.Done, a.From = o.Size, o.Size
		return err
	}
	return r.fill(c, in, o, a)
}

// begin notes that a file is coming, unless it is already.
func (r *Receiver) begin(sum string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.active[sum] {
		return false
	}
	if r.active == nil {
		r.active = map[string]bool{}
	}
	r.active[sum] = true
	return true
}

func (r *Receiver) finish(sum string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.active, sum)
}

// has reports whether the file is there already. Another of its name is an error: nothing
// is overwritten.
func (r *Receiver) has(o offer) (bool, error) {
	info, err := r.Dir.Lstat(o.Name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("looking for %s: %w", o.Name, err)
	case info.Mode().IsRegular() && info.Size() == o.Size:
		if sum, err := r.sum(o.Name); err == nil && sum == o.SHA256 {
			return true, nil
		}
	}
	return false, fmt.Errorf("there is another %s already, and nothing is overwritten", o.Name)
}

func (r *Receiver) sum(name string) (string, error) {
	file, err := r.Dir.Open(name)
	if err != nil {
		return "", err
	}
	defer file.Close()
	sum := sha256.New()
	_, err = io.Copy(sum, file)
	return hex.EncodeToString(sum.Sum(nil)), err
}

// unfinished is the name of a file while it comes. It tells the content and not the name,
// so that whatever comes under it can only be taken up for the same content.
func unfinished(sum string) string { return ".sonde-" + sum + ".part" }

// fill makes the file whole and gives it its name.
func (r *Receiver) fill(c net.Conn, in *bufio.Reader, o offer, a *Arrival) error {
	name := unfinished(o.SHA256)
	file, err := r.Dir.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return fmt.Errorf("writing %s: %w", o.Name, err)
	}
	sum, err := r.pull(c, in, o, file, a)
	if err = errors.Join(err, file.Close()); err != nil {
		return err
	}
	if got := hex.EncodeToString(sum.Sum(nil)); got != o.SHA256 {
		return errors.Join(fmt.Errorf("%s came with SHA-256 %s, not with %s; nothing of it is kept", o.Name, got, o.SHA256), r.Dir.Remove(name))
	}
	if there, err := r.has(o); there || err != nil { // somebody may have made it meanwhile
		return errors.Join(err, r.Dir.Remove(name))
	}
	return r.Dir.Rename(name, o.Name)
}

// pull has the sender go on from what the file holds already, and writes what comes to it
// and to the disk.
func (r *Receiver) pull(c net.Conn, in io.Reader, o offer, file *os.File, a *Arrival) (hash.Hash, error) {
	sum := sha256.New()
	have, err := io.Copy(sum, file)
	if err == nil && have > o.Size { // it cannot be of this
		sum.Reset()
		have = 0
		err = errors.Join(file.Truncate(0), rewind(file))
	}
	if err != nil {
		return nil, fmt.Errorf("taking up %s: %w", o.Name, err)
	}
	a.From, a.Done = have, have
	if err := writeLine(c, answer{From: have}); err != nil {
		return nil, err
	}
	out := &metered{to: io.MultiWriter(file, sum), progress: a.Progress, tell: func(p Progress) {
		a.Progress = p
		r.tell(*a)
	}}
	if _, err := io.CopyN(out, in, o.Size-have); err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return nil, fmt.Errorf("%s broke off after %d of %d bytes: %w", o.Name, a.Done, o.Size, err)
	}
	return sum, file.Sync()
}

func rewind(file *os.File) error {
	_, err := file.Seek(0, io.SeekStart)
	return err
}
