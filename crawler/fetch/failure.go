package fetch

import (
	"errors"
	"fmt"
	"io"
	"strings"

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
		tried += ": " + sonde.Cause(cause)
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

// connectFailure says why no connection to host at addr came up.
func connectFailure(host, addr string, err error) *failure {
	if blocked, ok := errors.AsType[*BlockedError](err); ok {
		return &failure{kind: sonde.Forbidden, detail: blocked.Error(), cause: err}
	}
	return failed(sonde.ConnectFailure(err), err, "connecting to %s at %s", host, addr)
}

// headerFailure says why the peer at host gave no header.
func headerFailure(host string, err error) *failure {
	return failed(headerKind(err), err, "waiting for the answer of %s", host)
}

func headerKind(err error) sonde.Failure {
	switch {
	case sonde.BrokenOff(err):
		return sonde.Reset
	case sonde.TimedOut(err):
		return sonde.HeaderTimeout
	case errors.Is(err, io.ErrUnexpectedEOF):
		return sonde.Reset
	case errors.Is(err, io.EOF), contains(err, "server closed idle connection"):
		return sonde.EmptyReply
	case errors.Is(err, errHeaderTooBig), contains(err, "response headers exceeded", "header list larger than"):
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
	case sonde.BrokenOff(err), errors.Is(err, io.ErrUnexpectedEOF), withdrawn(err):
		return sonde.ShortBody
	case sonde.TimedOut(err):
		return sonde.BodyTimeout
	}
	return sonde.Malformation
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
