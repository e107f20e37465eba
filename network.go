package sonde

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"syscall"
)

// ConnectFailure says which failure an error of connecting to an address is.
func ConnectFailure(err error) Failure {
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return Refused
	case BrokenOff(err):
		return Reset
	case isAny(err, syscall.EHOSTUNREACH, syscall.ENETUNREACH, syscall.ENETDOWN, syscall.EHOSTDOWN, syscall.EADDRNOTAVAIL):
		return Unreachable
	case TimedOut(err):
		return ConnectTimeout
	}
	return ConnectFailed
}

// HandshakeFailure says which failure an error of a TLS handshake by crypto/tls is,
// that of verifying the certificate left aside: [JudgeChain] is for it.
func HandshakeFailure(err error) Failure {
	record, isRecord := errors.AsType[tls.RecordHeaderError](err)
	switch {
	case TimedOut(err):
		return TLSTimeout
	case BrokenOff(err):
		return Reset
	case isRecord && record.Conn != nil:
		return NotTLS // crypto/tls hands the connection back only where it may be another protocol
	case isAny(err, io.EOF, io.ErrUnexpectedEOF):
		return Handshake
	case unusableCertificate(err):
		return CertInvalid
	}
	return Handshake
}

// unusableCertificate reports whether crypto/tls could not read the certificate, which
// it tells by its text alone.
func unusableCertificate(err error) bool {
	return slices.ContainsFunc([]string{"failed to parse certificate", "RSA key larger", "unsupported type of public key"}, func(text string) bool {
		return strings.Contains(err.Error(), text)
	})
}

// BrokenOff reports whether an error of the network says that the connection broke: by
// the peer, or because somebody else here closed it.
func BrokenOff(err error) bool {
	return isAny(err, syscall.ECONNRESET, syscall.EPIPE, syscall.ECONNABORTED, net.ErrClosed)
}

// TimedOut reports whether an error says that a limit in time passed, ours or the
// system's.
func TimedOut(err error) bool {
	timeout, ok := errors.AsType[net.Error](err)
	return isAny(err, os.ErrDeadlineExceeded, context.DeadlineExceeded, syscall.ETIMEDOUT) || ok && timeout.Timeout()
}

// Cause is what an error of the network says without the layers that only repeat what
// was tried.
func Cause(err error) string {
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

func isAny(err error, targets ...error) bool {
	return slices.ContainsFunc(targets, func(target error) bool { return errors.Is(err, target) })
}
