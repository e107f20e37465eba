//go:build unix

package fetch

import "syscall"

// peeks tells that silent can see what waits on a line.
const peeks = true

// silent reports whether an idle line is open and nothing came on it.
func (l *line) silent() bool {
	if l.raw == nil {
		return false
	}
	var one [1]byte
	silent := false
	err := l.raw.Read(func(fd uintptr) bool {
		_, _, err := syscall.Recvfrom(int(fd), one[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		silent = err == syscall.EAGAIN || err == syscall.EWOULDBLOCK
		return true
	})
	return err == nil && silent
}
