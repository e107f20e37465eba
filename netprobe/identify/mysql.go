package identify

import (
	"regexp"

	"sonde"
)

// mysqlDetector knows the protocol of MySQL and MariaDB by the packet that a server
// begins with (dev.mysql.com: Connection Phase Packets, HandshakeV10).
var mysqlDetector = detector{
	name:   "mysql",
	ports:  []uint16{3306, 3307, 33060},
	greets: true,
	knows:  isMySQL,
	ask:    askMySQL,
}

const (
	mysqlHeader     = 4 // three bytes of length, one of sequence
	mysqlProtocol   = 10
	mysqlError      = 0xff
	mysqlPluginAuth = 1 << 19
	mysqlTLS        = 1 << 11
)

// mysqlMarks read the version. MariaDB puts 5.5.5- before its own, for the sake of old
// clients.
var mysqlMarks = []mark{
	{"MariaDB", regexp.MustCompile(`^(?:5\.5\.5-)?(\d+\.\d+\.\d+)-MariaDB(?:-([\w.+~:-]+))?`)},
	{"Percona Server", regexp.MustCompile(`^(\d+\.\d+\.\d+)-(\d+(?:\.\d+)?)$`)},
	{"TiDB", regexp.MustCompile(`-TiDB-v?(\d[\w.]*)`)},
	{"MySQL", regexp.MustCompile(`^(\d+\.\d+\.\d+)(?:-([\w.+~:-]+))?$`)},
}

// mysqlRefusals are words of those who want nobody from here.
var mysqlRefusals = []mark{
	{"MariaDB", regexp.MustCompile(`\bMariaDB server\b`)},
	{"MySQL", regexp.MustCompile(`\bMySQL server\b`)},
}

// isMySQL reports whether said begins with a greeting or an error, whose length is
// that of a packet.
func isMySQL(said []byte) bool {
	if len(said) < mysqlHeader+3 || said[2] != 0 || said[3] != 0 || said[1] > 4 {
		return false
	}
	kind := said[mysqlHeader]
	return kind == mysqlProtocol && '0' <= said[5] && said[5] <= '9' || kind == mysqlError && (said[6] == 4 || said[6] == 5)
}

func askMySQL(t *talk, s *sonde.Service) bool {
	header := packet{rest: t.bytes(mysqlHeader)}
	greeting := packet{rest: t.bytes(header.little(3))}
	switch greeting.number(1) {
	case mysqlError: // too many connections, or none wanted from here
		refusal := string(greeting.rest[min(2, len(greeting.rest)):])
		tell(s, "refusal", refusal)
		marked(s, mysqlRefusals, refusal)
		return t.failed == nil
	case mysqlProtocol:
		return readMySQL(t, s, &greeting)
	}
	return false
}

// readMySQL reads a greeting behind its first byte, and goes over to TLS where that is
// offered.
func readMySQL(t *talk, s *sonde.Service, greeting *packet) bool {
	version := greeting.terminated()
	greeting.take(4 + 8 + 1) // the connection, half of a challenge, a filler
	capabilities := greeting.little(2)
	greeting.take(1 + 2) // the character set, the status
	capabilities |= greeting.little(2) << 16
	challenge := greeting.number(1)
	greeting.take(10)
	if greeting.short {
		return false
	}
	marked(s, mysqlMarks, version)
	tell(s, "version", version)
	if capabilities&mysqlPluginAuth != 0 {
		greeting.take(max(13, challenge-8))
		tell(s, "authentication", greeting.terminated())
	}
	if capabilities&mysqlTLS != 0 {
		t.say(mysqlSSLRequest)
		t.upgrade(s)
	}
	return true
}

// mysqlSSLRequest is the packet that begins TLS: capabilities, the longest packet, a
// character set and nothing else.
const mysqlSSLRequest = "\x20\x00\x00\x01" + "\x00\x8a\x08\x00" + "\x00\x00\x00\x01" + "\x21" +
	"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
