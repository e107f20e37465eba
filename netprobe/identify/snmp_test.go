package identify

import (
	"bytes"
	"testing"

	"sonde"
)

// snmpAnswer reports an engine to who asked under an id.
func snmpAnswer(id []byte, engine string) []byte {
	zero, empty := ber(berInteger, "\x00"), ber(berText)
	return []byte(ber(berSequence,
		ber(berInteger, snmpVersion3),
		ber(berSequence, ber(berInteger, string(id)), ber(berInteger, "\x00\xff\xe3"), ber(berText, "\x00"), ber(berInteger, userSecurity)),
		ber(berText, ber(berSequence, ber(berText, engine), ber(berInteger, "\x02"), ber(berInteger, "\x0e\x10"), empty, empty, empty)),
		ber(berSequence, empty, empty, ber(0xa8, zero, zero, zero, ber(berSequence))),
	))
}

func TestSNMP(t *testing.T) {
	question := askSNMP()
	asked := packet{rest: question}
	asked = asked.inside(berSequence)
	id := snmpID(&asked)
	same(t, Reply(question, snmpAnswer(id, "\x80\x00\x1f\x88\x80abc")), sonde.Service{
		Name: "snmp", Product: "Net-SNMP",
		Facts: facts("engine id", "80001f8880616263", "enterprise", "8072", "engine boots", "2", "up for", "1h0m0s"),
	})
	same(t, Reply(question, snmpAnswer(id, "\x80\x00\x00\x09abc")), sonde.Service{
		Name: "snmp", Facts: facts("engine id", "80000009616263", "enterprise", "9", "engine boots", "2", "up for", "1h0m0s"),
	})
	other := bytes.Clone(id)
	other[3]++
	same(t, Reply(question, snmpAnswer(other, "\x80\x00\x1f\x88")), sonde.Service{})
	same(t, Reply(question, question), sonde.Service{Name: "echo"})
}
