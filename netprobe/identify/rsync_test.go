package identify

import (
	"testing"

	"sonde"
)

func TestRsync(t *testing.T) {
	testServed(t, []served{
		{"3.2", says("@RSYNCD: 31.0 sha512 md5 md4\n"), sonde.Service{Name: "rsync", Facts: facts("protocol", "31.0", "digests", "sha512 md5 md4")}},
		{"an old one", says("@RSYNCD: 29\n"), sonde.Service{Name: "rsync", Facts: facts("protocol", "29")}},
	})
}
