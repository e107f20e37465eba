//go:build linux

package daemons

import (
	"net"
	"testing"
)

// TestStart holds that every server comes up where it says, and is gone afterwards.
func TestStart(t *testing.T) {
	var started []Daemon
	t.Run("up", func(t *testing.T) {
		started = Start(t, Names()...)
	})
	for _, d := range started {
		if d.UDP {
			continue
		}
		if conn, err := net.Dial("tcp", d.Address); err == nil {
			conn.Close()
			t.Errorf("%s still answers on %s", d.Service, d.Address)
		}
	}
}
