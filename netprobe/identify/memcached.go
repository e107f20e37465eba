package identify

import (
	"regexp"

	"sonde"
)

// memcachedDetector knows memcached's text protocol
// (github.com/memcached/memcached, doc/protocol.txt).
var memcachedDetector = detector{
	name:  "memcached",
	ports: []uint16{11211, 11214},
	knows: fits(`^(ERROR|CLIENT_ERROR [^\n]*|SERVER_ERROR [^\n]*)\r\n`),
	ask:   askMemcached,
}

var memcachedVersion = []mark{{"memcached", regexp.MustCompile(`^VERSION (\d[\w.]*)`)}}

func askMemcached(t *talk, s *sonde.Service) bool {
	t.say("version\r\n")
	answer := t.line()
	marked(s, memcachedVersion, answer)
	t.say("quit\r\n")
	if s.Product != "" {
		return true
	}
	tell(s, "refusal", answer)
	return answer == "CLIENT_ERROR unauthenticated" // of a server that wants a login first
}
