package wire

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"time"
)

// stalled is how long a transfer may stand still.
const stalled = time.Minute

// Progress is how far a transfer has come.
type Progress struct {
	Name string
	From int64 // bytes that were there before it began
	Done int64 // bytes that are there, those before included
	Size int64 // of the whole
}

// Send offers a file on a connection and sends what the receiver lacks of it. It closes
// the connection. Tell is called now and then while bytes go out. Where it fails after
// bytes went out, sending the same file to the same receiver goes on from there. The error
// is a [*RejectedError] where the receiver refuses.
func Send(ctx context.Context, c net.Conn, file *os.File, tell func(Progress)) error {
	stop := context.AfterFunc(ctx, func() { c.Close() })
	defer stop()
	defer c.Close()
	o, err := describeFile(ctx, file)
	if err == nil {
		err = send(lively{c}, file, o, tell)
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// describeFile reads a file through for its offer.
func describeFile(ctx context.Context, file *os.File) (offer, error) {
	sum := sha256.New()
	size, err := io.Copy(sum, until{ctx, file})
	if err != nil {
		return offer{}, fmt.Errorf("reading the file: %w", err)
	}
	return offer{transferVersion, filepath.Base(file.Name()), size, hex.EncodeToString(sum.Sum(nil))}, nil
}

// until reads until its context ends.
type until struct {
	over interface{ Err() error }
	from io.Reader
}

func (u until) Read(p []byte) (int, error) {
	if err := u.over.Err(); err != nil {
		return 0, err
	}
	return u.from.Read(p)
}

func send(c net.Conn, file *os.File, o offer, tell func(Progress)) error {
	if err := writeLine(c, o); err != nil {
		return fmt.Errorf("offering %s: %w", o.Name, err)
	}
	in := bufio.NewReaderSize(c, maxTransferLine)
	wanted, err := readAnswer(in)
	if err != nil || wanted.Done {
		return err
	}
	if wanted.From < 0 || wanted.From > o.Size {
		return fmt.Errorf("the receiver wants byte %d of %d", wanted.From, o.Size)
	}
	if _, err := file.Seek(wanted.From, io.SeekStart); err != nil {
		return fmt.Errorf("reading the file: %w", err)
	}
	out := &metered{to: c, tell: tell, progress: Progress{o.Name, wanted.From, wanted.From, o.Size}}
	if _, err := io.Copy(out, io.LimitReader(file, o.Size-wanted.From)); err != nil {
		if _, said := readAnswer(in); said != nil { // where it refused midway, its words say why
			if rejected, ok := said.(*RejectedError); ok {
				return rejected
			}
		}
		return fmt.Errorf("sending %s: %w", o.Name, err)
	}
	_, err = readAnswer(in)
	return err
}

// metered passes on, and tells how far it has come.
type metered struct {
	to       io.Writer
	tell     func(Progress)
	progress Progress
}

func (m *metered) Write(p []byte) (int, error) {
	n, err := m.to.Write(p)
	m.progress.Done += int64(n)
	if m.tell != nil {
		m.tell(m.progress)
	}
	return n, err
}

// lively is a connection on which nothing may stand still for long.
type lively struct{ net.Conn }

func (l lively) Read(p []byte) (int, error) {
	if err := l.SetReadDeadline(time.Now().Add(stalled)); err != nil {
		return 0, err
	}
	return l.Conn.Read(p)
}

func (l lively) Write(p []byte) (int, error) {
	if err := l.SetWriteDeadline(time.Now().Add(stalled)); err != nil {
		return 0, err
	}
	return l.Conn.Write(p)
}
