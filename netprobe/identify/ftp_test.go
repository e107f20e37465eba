package identify

import (
	"testing"

	"sonde"
)

func TestFTP(t *testing.T) {
	testServed(t, []served{
		{
			"ProFTPD", replies(
				"220 ProFTPD 1.3.8 Server (Debian) [192.0.2.1]\r\n", "211-Features:\r\n MDTM\r\n UTF8\r\n211 End\r\n",
				"215 UNIX Type: L8\r\n", "500 AUTH not understood\r\n", "221 Goodbye.\r\n",
			),
			sonde.Service{Name: "ftp", Product: "ProFTPD", Version: "1.3.8", Facts: facts("features", "MDTM, UTF8", "system", "UNIX Type: L8")},
		},
		{
			"a greeting that says nothing",
			replies("220 ready\r\n", "530 not logged in\r\n", "215 UNIX\r\n", "530 not logged in\r\n"),
			sonde.Service{Name: "ftp", Facts: facts("system", "UNIX")},
		},
		{
			"too many users", replies("421 FTP server: too many connections\r\n"),
			sonde.Service{Name: "ftp"},
		},
	})
}
