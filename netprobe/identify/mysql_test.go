package identify

import (
	"testing"

	"sonde"
)

// mysqlGreeting is a HandshakeV10 with these capabilities, each of two bytes.
func mysqlGreeting(version, low, high string) string {
	body := "\x0a" + version + "\x00" + "\x07\x00\x00\x00" + "12345678\x00" + low + "\x21\x02\x00" + high + "\x15" +
		"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00" + "123456789012\x00" + "caching_sha2_password\x00"
	return string([]byte{byte(len(body)), 0, 0, 0}) + body
}

func TestMySQL(t *testing.T) {
	const pluginAuth = "\x08\x00"
	testServed(t, []served{
		{
			"MySQL", says(mysqlGreeting("8.0.36-0ubuntu0.22.04.1", "\xff\xf7", pluginAuth)),
			sonde.Service{Name: "mysql", Product: "MySQL", Version: "8.0.36", Facts: facts(
				"package", "0ubuntu0.22.04.1", "version", "8.0.36-0ubuntu0.22.04.1", "authentication", "caching_sha2_password",
			)},
		},
		{
			"MariaDB without plugins", says(mysqlGreeting("5.5.5-10.6.7-MariaDB", "\xff\xf7", "\x00\x00")),
			sonde.Service{Name: "mysql", Product: "MariaDB", Version: "10.6.7", Facts: facts("version", "5.5.5-10.6.7-MariaDB")},
		},
		{
			"a stranger's version", says(mysqlGreeting("Proxy 3", "\x00\x00", "\x00\x00")),
			sonde.Service{},
		},
		{
			"not from here", says("\x44\x00\x00\x00\xff\x6a\x04Host '192.0.2.1' is not allowed to connect to this MariaDB server"),
			sonde.Service{Name: "mysql", Product: "MariaDB", Facts: facts("refusal", "Host '192.0.2.1' is not allowed to connect to this MariaDB server")},
		},
	})
}
