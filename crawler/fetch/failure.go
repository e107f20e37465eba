package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"

	"golang.org/x/net/http2"

	"sonde"
)

// A failure is an error that has its place in the closed list of failures.
type failure struct {
	kind   sonde.Failure
	detail string      // what was tried and what came, in words
	cause  error       // may be nil
	line   *connection // where it failed, if the handshake was what failed
}

func (f *failure) Error() string { return f.detail }

func (f *failure) Unwrap() error { return f.cause }

// failed makes a failure whose detail is the words of what was tried, and what
// came of it as cause tells.
func failed(kind sonde.Failure, cause error, tried string, args ...any) *failure {
	tried = fmt.Sprintf(tried, args...)
	if cause != nil {
		tried += ": " + reason(cause)
	}
	return &failure{kind: kind, detail: tried, cause: cause}
}

// asFailure finds the failure that err carries, or makes one with otherwise.
func asFailure(err error, otherwise func(error) *failure) *failure {
	if f, ok := errors.AsType[*failure](err); ok {
		return f
	}
	return otherwise(err)
}

// reason is what err says without the layers that only repeat what was tried.
func reason(err error) string {
	if errno, ok := errors.AsType[syscall.Errno](err); ok {
		return errno.Error()
	}
	for {
		op, ok := errors.AsType[*net.OpError](err)
		if !ok || op.Err == nil {
			return err.Error()
		}
		err = op.Err
	}
}

// connectFailure says why no connection to host at addr came up.
func connectFailure(host, addr string, err error) *failure {
	if blocked, ok := errors.AsType[*BlockedError](err); ok {
		return &failure{kind: sonde.Forbidden, detail: blocked.Error(), cause: err}
	}
	return failed(connectKind(err), err, "connecting to %s at %s", host, addr)
}

func connectKind(err error) sonde.Failure {
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return sonde.Refused
	case broken(err):
		return sonde.Reset
	case isAny(err, syscall.EHOSTUNREACH, syscall.ENETUNREACH, syscall.ENETDOWN, syscall.EHOSTDOWN, syscall.EADDRNOTAVAIL):
		return sonde.Unreachable
	case timedOut(err):
		return sonde.ConnectTimeout
	}
	return sonde.ConnectFailed
}

// headerFailure says why the peer at host gave no header.
func headerFailure(host string, err error) *failure {
	return failed(headerKind(err), err, "waiting for the answer of %s", host)
}

func headerKind(err error) sonde.Failure {
	switch {
	case broken(err):
		return sonde.Reset
	case timedOut(err):
		return sonde.HeaderTimeout
	case errors.Is(err, io.ErrUnexpectedEOF):
		return sonde.Reset
	case errors.Is(err, io.EOF), contains(err, "server closed idle connection"):
		return sonde.EmptyReply
	case contains(err, "response headers exceeded", "header list larger than"):
		return sonde.HeaderTooBig
	case withdrawn(err):
		return sonde.Reset
	}
	return sonde.Malformation
}

// bodyFailure says why the body of an answer of host broke off.
func bodyFailure(host string, err error) *failure {
	return failed(bodyKind(err), err, "reading the body from %s", host)
}

func bodyKind(err error) sonde.Failure {
	switch {
	case broken(err), errors.Is(err, io.ErrUnexpectedEOF), withdrawn(err):
		return sonde.ShortBody
	case timedOut(err):
		return sonde.BodyTimeout
	}
	return sonde.Malformation
}

// broken reports whether the connection broke: by the peer, or because another
// exchange on it closed it.
func broken(err error) bool {
	return isAny(err, syscall.ECONNRESET, syscall.EPIPE, syscall.ECONNABORTED, net.ErrClosed)
}

// timedOut reports whether a limit in time passed, ours or the system's.
func timedOut(err error) bool {
	var timeout net.Error
	return isAny(err, os.ErrDeadlineExceeded, context.DeadlineExceeded, syscall.ETIMEDOUT) ||
		errors.As(err, &timeout) && timeout.Timeout()
}

// withdrawn reports whether an HTTP/2 peer gave up the stream or the connection
// without breaking the protocol (RFC 9113, sections 6.4 and 6.8).
func withdrawn(err error) bool {
	if stream, ok := errors.AsType[http2.StreamError](err); ok {
		return stream.Code != http2.ErrCodeProtocol && stream.Code != http2.ErrCodeFrameSize && stream.Code != http2.ErrCodeCompression
	}
	return contains(err, "GOAWAY", "http2: client conn")
}

// contains is for errors that net/http tells apart by their text alone.
func contains(err error, texts ...string) bool {
	message := err.Error()
	for _, text := range texts {
		if strings.Contains(message, text) {
			return true
		}
	}
	return false
}

func isAny(err error, targets ...error) bool {
	for _, target := range targets {
		if errors.Is(err, target) {
			return true
		}
	}
	return false
}
