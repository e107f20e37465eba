package resolve

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"time"

	"sonde"
)

// idleStreams is how many connections are kept for the next questions.
const idleStreams = 16

// stream asks over TCP (RFC 7766) or TLS (RFC 7858), one question at a time on each
// connection.
type stream struct {
	address string
	secure  *tls.Config // nil: TCP
	idle    chan net.Conn
}

func newStream(address string, secure *tls.Config) *stream {
	return &stream{address: address, secure: secure, idle: make(chan net.Conn, idleStreams)}
}

func (s *stream) exchange(ctx context.Context, q question, m manner, deadline time.Time) (reply, error) {
	select {
	case conn := <-s.idle:
		r, err := s.ask(ctx, conn, q, m, deadline)
		if err == nil || !closedMeanwhile(err) {
			return r, err
		}
	default:
	}
	conn, err := s.dial(ctx, deadline)
	if err != nil {
		return reply{}, err
	}
	return s.ask(ctx, conn, q, m, deadline)
}

// closedMeanwhile reports whether a connection that was kept was closed by the server,
// as it may, so that the question is to be asked on another.
func closedMeanwhile(err error) bool {
	return errors.Is(err, io.EOF) || sonde.BrokenOff(err)
}

func (s *stream) dial(ctx context.Context, deadline time.Time) (net.Conn, error) {
	dialer := &net.Dialer{Deadline: deadline}
	if s.secure == nil {
		return dialer.DialContext(ctx, "tcp", s.address)
	}
	ctx, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	secure := tls.Dialer{NetDialer: dialer, Config: s.secure}
	return secure.DialContext(ctx, "tcp", s.address)
}

// ask asks one question on a connection, and keeps it where all went well.
func (s *stream) ask(ctx context.Context, conn net.Conn, q question, m manner, deadline time.Time) (reply, error) {
	stop := context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })
	r, err := talk(conn, q, m, deadline)
	if !stop() && err == nil {
		err = ctx.Err()
	}
	if err != nil {
		conn.Close()
		return r, err
	}
	select {
	case s.idle <- conn:
	default:
		conn.Close()
	}
	return r, nil
}

// talk sends a question with its length before it, and reads the reply.
func talk(conn net.Conn, q question, m manner, deadline time.Time) (reply, error) {
	id := uint16(rand.Uint32())
	message := q.pack(make([]byte, 0, maxQuestion), id, m)
	if err := conn.SetDeadline(deadline); err != nil {
		return reply{}, err
	}
	framed := binary.BigEndian.AppendUint16(make([]byte, 0, 2+len(message)), uint16(len(message)))
	if _, err := conn.Write(append(framed, message...)); err != nil {
		return reply{}, err
	}
	var length [2]byte
	if _, err := io.ReadFull(conn, length[:]); err != nil {
		return reply{}, err
	}
	answer := make([]byte, binary.BigEndian.Uint16(length[:]))
	if _, err := io.ReadFull(conn, answer); err != nil {
		if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
			err = &lie{"it is shorter than it says"}
		}
		return reply{}, err
	}
	return q.read(answer, id)
}

func (s *stream) close() {
	for {
		select {
		case conn := <-s.idle:
			conn.Close()
		default:
			return
		}
	}
}
