package scan

import (
	"errors"
	"syscall"

	"sonde"
)

// answer is what a knock came to.
type answer struct {
	id     int
	reason sonde.PortReason
	err    error // the port was not asked: this machine lacks what it takes
}

// stateOf tells the state that a reason means.
var stateOf = map[sonde.PortReason]sonde.PortState{
	sonde.ByAccept:      sonde.PortOpen,
	sonde.ByReply:       sonde.PortOpen,
	sonde.ByRefusal:     sonde.PortClosed,
	sonde.BySelfConnect: sonde.PortClosed,
	sonde.BySilence:     sonde.PortFiltered,
	sonde.ByUnreachable: sonde.PortFiltered,
	sonde.ByProhibition: sonde.PortFiltered,
}

// What Windows says (WSAECONNREFUSED, WSAEACCES); elsewhere no error has these numbers.
const (
	windowsRefused   = syscall.Errno(10061)
	windowsForbidden = syscall.Errno(10013)
)

// reasonOf tells what an error of a socket says about the port: "" for one that says
// nothing, as where the answer is still to come.
func reasonOf(err error) sonde.PortReason {
	is := func(errs ...error) bool {
		for _, e := range errs {
			if errors.Is(err, e) {
				return true
			}
		}
		return false
	}
	switch {
	case err == nil, is(syscall.EALREADY, syscall.EINPROGRESS, syscall.EAGAIN, syscall.EINTR, syscall.ETIMEDOUT):
		return ""
	case is(syscall.ECONNREFUSED, syscall.ECONNRESET, windowsRefused):
		return sonde.ByRefusal
	case is(syscall.EACCES, syscall.EPERM, windowsForbidden):
		return sonde.ByProhibition
	}
	return sonde.ByUnreachable
}

// isShortage reports whether an error says that this machine lacks what a connection
// takes: files, memory or local ports.
func isShortage(err error) bool {
	for _, e := range []error{syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM, syscall.EADDRNOTAVAIL, syscall.ENOSPC} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}
