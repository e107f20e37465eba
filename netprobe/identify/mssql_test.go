package identify

import (
	"testing"

	"sonde"
)

func TestMSSQL(t *testing.T) {
	testServed(t, []served{
		{
			"2022", answering(map[string]string{mssqlPrelogin: "\x04\x01\x00\x1a\x00\x00\x01\x00" + "\x00\x00\x0b\x00\x06" + "\x01\x00\x11\x00\x01" + "\xff" + "\x10\x00\x03\xe8\x00\x00" + "\x02"}),
			sonde.Service{Name: "mssql", Product: "Microsoft SQL Server", Version: "16.0.1000"},
		},
		{
			"a version beyond the end", answering(map[string]string{mssqlPrelogin: "\x04\x01\x00\x0e\x00\x00\x01\x00" + "\x00\xff\x0b\x00\x06\xff"}),
			sonde.Service{},
		},
	})
}
