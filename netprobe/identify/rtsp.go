package identify

import (
	"fmt"
	"strings"

	"sonde"
)

// rtspDetector knows RTSP (RFC 2326, RFC 7826).
var rtspDetector = detector{name: "rtsp", ports: []uint16{554, 8554}, knows: fits(`^RTSP/\d\.\d \d{3}`), ask: askRTSP}

func askRTSP(t *talk, s *sonde.Service) bool {
	t.say("OPTIONS * RTSP/1.0\r\nCSeq: 1\r\nUser-Agent: Sonde\r\n\r\n")
	answer, ok := t.message("RTSP")
	if !ok {
		return false
	}
	tell(s, "status", strings.TrimSpace(fmt.Sprint(answer.status, " ", answer.reason)))
	tell(s, "server", answer.fields["server"])
	tell(s, "public", answer.fields["public"])
	if marked(s, serverMarks, answer.fields["server"]); s.Product == "" {
		readServer(s, answer.fields["server"])
	}
	return true
}
