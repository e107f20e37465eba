package identify

import (
	"regexp"

	"sonde"
)

// rsyncDetector knows the rsync daemon by its greeting (rsync's csprotocol.txt).
var rsyncDetector = detector{name: "rsync", ports: []uint16{873}, greets: true, knows: rsyncGreeting.Match, ask: askRsync}

var rsyncGreeting = regexp.MustCompile(`^@RSYNCD: (\d+(?:\.\d+)?)(?: ([^\r\n]*))?\r?\n`)

func askRsync(t *talk, s *sonde.Service) bool {
	found := rsyncGreeting.FindStringSubmatch(t.line() + "\n")
	if found == nil {
		return false
	}
	tell(s, "protocol", found[1])
	tell(s, "digests", found[2])
	t.say("@RSYNCD: EXIT\n")
	return true
}
