package identify

import (
	"bytes"
	"testing"

	"sonde"
)

func TestNTP(t *testing.T) {
	question := askNTP()
	answer := make([]byte, ntpPacket)
	answer[0], answer[1] = 4<<3|serverMode, 1
	copy(answer[ntpReference:], "GPS")
	copy(answer[ntpOrigin:], question[ntpTransmit:])
	same(t, Reply(question, answer), sonde.Service{Name: "ntp", Facts: facts("version", "4", "stratum", "1", "reference", "GPS")})

	answer[0], answer[1] = 3<<6|4<<3|serverMode, 2
	copy(answer[ntpReference:], []byte{192, 0, 2, 1})
	same(t, Reply(question, answer), sonde.Service{
		Name: "ntp", Facts: facts("version", "4", "stratum", "2", "reference", "192.0.2.1", "clock", "not synchronised"),
	})

	forged := bytes.Clone(answer)
	forged[ntpOrigin]++
	same(t, Reply(question, forged), sonde.Service{})
	same(t, Reply(question, answer[:ntpPacket-1]), sonde.Service{})
	same(t, Reply(question, question), sonde.Service{Name: "echo"})
}
