package identify

import (
	"regexp"

	"sonde"
)

// postgresDetector knows PostgreSQL's protocol (postgresql.org/docs/current/protocol-message-formats.html).
// It asks for TLS, and then for a version of the protocol that does not exist: the
// refusal names those that do, and no user is ever named.
var postgresDetector = detector{
	name:  "postgresql",
	ports: []uint16{5432, 5433, 6432},
	knows: func(said []byte) bool { return len(said) > 6 && said[0] == 'E' && said[1] == 0 && said[5] == 'S' },
	ask:   askPostgres,
}

const (
	postgresSSLRequest = "\x00\x00\x00\x08\x04\xd2\x16\x2f"
	postgresNoVersion  = "\x00\x00\x00\x08\x00\xff\x00\xff" // protocol 255.255
)

// postgresMarks tell the server itself from what speaks its protocol, by the place in
// the source that a refusal names.
var postgresMarks = []mark{{"PostgreSQL", regexp.MustCompile(`^(?:postmaster|backend_startup)\.c$`)}}

var postgresVersions = regexp.MustCompile(`server supports (\S+ to \S+)`)

// postgresReleases are those whose release notes begin or end with these versions of
// the protocol: 14 gave up 2.0, 18 brought 3.2.
var postgresReleases = map[string]string{"2.0 to 3.0": "13 or earlier", "3.0 to 3.0": "14 to 17", "3.0 to 3.2": "18 or later"}

func askPostgres(t *talk, s *sonde.Service) bool {
	t.say(postgresSSLRequest)
	switch string(t.bytes(1)) {
	case "S":
		if !t.upgrade(s) {
			return s.TLS != nil || t.hints.NoTLS
		}
	case "N":
	default:
		return false
	}
	t.say(postgresNoVersion)
	if string(t.bytes(1)) != "E" {
		return s.TLS != nil
	}
	length := packet{rest: t.bytes(4)}
	readPostgresError(s, packet{rest: t.bytes(length.number(4) - 4)})
	return t.failed == nil
}

// readPostgresError reads the fields of an ErrorResponse: a letter, a text, NUL.
func readPostgresError(s *sonde.Service, fields packet) {
	for len(fields.rest) > 0 {
		kind := fields.number(1)
		text := fields.terminated()
		switch kind {
		case 'F':
			marked(s, postgresMarks, text)
		case 'M':
			if found := postgresVersions.FindStringSubmatch(text); found != nil {
				tell(s, "protocol", found[1])
				tell(s, "release", postgresReleases[found[1]])
			} else {
				tell(s, "refusal", text)
			}
		}
	}
}
