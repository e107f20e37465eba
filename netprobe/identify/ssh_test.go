package identify

import (
	"testing"

	"sonde"
)

func TestSSH(t *testing.T) {
	got := identified(t, place(t, says("SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u10\r\n")))
	same(t, got, sonde.Service{Name: "ssh", Product: "OpenSSH", Version: "9.2p1", Facts: facts("protocol", "2.0", "package", "Debian-2+deb12u10")})
	if got.Banner != `SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u10\r\n` {
		t.Errorf("banner %q", got.Banner)
	}
}
