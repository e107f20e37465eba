package identify

import (
	"testing"

	"sonde"
)

func TestQUIC(t *testing.T) {
	question := askQUIC()
	ids := func(destination, source []byte) string {
		return string(withLength(1, false, destination)) + string(withLength(1, false, source))
	}
	ours, theirs := question[7+quicID:7+2*quicID], question[6:6+quicID]
	answer := "\xff\x00\x00\x00\x00" + ids(ours, theirs) + "\x1a\x1a\x1a\x1a\x00\x00\x00\x01\x6b\x33\x43\xcf\xff\x00\x00\x1d\x51\x30\x34\x36"
	same(t, Reply(question, []byte(answer)), sonde.Service{Name: "quic", Facts: facts("versions", "1, 2, draft-29, 0x51303436")})
	same(t, Reply(question, []byte("\xff\x00\x00\x00\x00"+ids(theirs, ours))), sonde.Service{})
	same(t, Reply(question, question), sonde.Service{Name: "echo"})
}
