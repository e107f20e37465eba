package wire

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

const (
	maxUnread = 256              // lines that wait for one member
	patience  = 30 * time.Second // with one who reads nothing at all
)

// A member is one client of a chat. Its name and room belong to the chat.
type member struct {
	name, room string

	conn   net.Conn
	in     *bufio.Reader
	lines  chan string  // to be read by it
	missed atomic.Int64 // lines for which there was no room
}

func newMember(conn net.Conn) *member {
	return &member{conn: conn, in: bufio.NewReaderSize(conn, maxLine+2), lines: make(chan string, maxUnread)}
}

// hear gives the member a line to read, and never waits: where too many are unread, the
// line is left out and counted.
func (m *member) hear(line string) {
	select {
	case m.lines <- line:
	default:
		m.missed.Add(1)
	}
}

// live writes what the member hears while do goes on. What it heard last it can still
// read.
func (m *member) live(do func() error) error {
	var writer sync.WaitGroup
	writer.Go(m.write)
	err := do()
	close(m.lines)
	writer.Wait()
	return err
}

// write writes lines until there are no more, or the member is gone. Who reads nothing for
// as long as patience lasts is.
func (m *member) write() {
	for line := range m.lines {
		if n := m.missed.Swap(0); n > 0 {
			line = fmt.Sprintf("* %d lines were left out here: you read slowly\n%s", n, line)
		}
		if m.conn.SetWriteDeadline(time.Now().Add(patience)) != nil {
			break
		}
		if _, err := io.WriteString(m.conn, line+"\n"); err != nil {
			break
		}
	}
	m.conn.Close()
	for range m.lines { // so that whoever counts on it being emptied is not held up
	}
}

// end makes nothing of the end of what a client says.
func end(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}
