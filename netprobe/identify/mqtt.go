package identify

import (
	"fmt"
	"math/rand/v2"
	"regexp"

	"sonde"
)

// mqttDetector knows MQTT (OASIS, MQTT 3.1.1, which brokers of later versions speak too). It connects as nobody and, where it
// is let in, reads the version that many brokers publish.
var mqttDetector = detector{
	name:  "mqtt",
	ports: []uint16{1883, 8883},
	knows: nothing,
	ask:   askMQTT,
}

// Kinds of packet, section 2.1.2.
const (
	mqttConnect   = 0x10
	mqttConnack   = 0x20
	mqttPublish   = 0x30
	mqttSubscribe = 0x82
)

var mqttMarks = []mark{
	{"Mosquitto", regexp.MustCompile(`^mosquitto version (\d[\w.]*)`)},
	{"VerneMQ", regexp.MustCompile(`^VerneMQ (\d[\w.]*)`)},
	{"HiveMQ", regexp.MustCompile(`^HiveMQ (\d[\w.]*)`)},
	{"EMQX", regexp.MustCompile(`^(?i:EMQX)[ -]v?(\d[\w.]*)`)},
}

// mqttVerdicts are the return codes of section 3.2.2.3.
var mqttVerdicts = []string{"accepted", "unacceptable protocol version", "identifier rejected", "server unavailable", "bad user name or password", "not authorized"}

func askMQTT(t *talk, s *sonde.Service) bool {
	client := fmt.Sprintf("sonde%08x", rand.Uint32())
	t.sayMQTT(mqttConnect, "\x00\x04MQTT\x04\x02\x00\x0a"+mqttString(client))
	kind, body := t.mqttPacket()
	if kind != mqttConnack || len(body.rest) != 2 {
		return false
	}
	body.take(1)
	code := body.number(1)
	if code >= len(mqttVerdicts) {
		return false
	}
	tell(s, "connect", mqttVerdicts[code])
	if code == 0 {
		t.sayMQTT(mqttSubscribe, "\x00\x01"+mqttString("$SYS/broker/version")+"\x00")
		readBrokerVersion(t, s)
		t.say("\xe0\x00")
	}
	return true
}

// readBrokerVersion reads what comes of the subscription: its confirmation, and the
// message that the broker keeps.
func readBrokerVersion(t *talk, s *sonde.Service) {
	for range 4 {
		t.patience = t.hints.Limits.Guess // there may be none
		kind, body := t.mqttPacket()
		if t.failed != nil || kind&0xf0 != mqttPublish {
			continue
		}
		if topic := string(body.prefixed(2)); topic == "$SYS/broker/version" {
			marked(s, mqttMarks, string(body.rest))
			tell(s, "version", string(body.rest))
			return
		}
	}
}

func mqttString(s string) string { return string(withLength(2, false, []byte(s))) }

// sayMQTT sends a packet shorter than 128 bytes.
func (t *talk) sayMQTT(kind byte, body string) {
	t.say(string([]byte{kind, byte(len(body))}) + body)
}

// mqttPacket takes one. Its length is written in groups of seven bits, the last of
// which has no eighth.
func (t *talk) mqttPacket() (kind byte, body packet) {
	head := t.bytes(1)
	length := 0
	for shift := 0; shift < 28; shift += 7 {
		b := t.bytes(1)
		if t.failed != nil {
			return 0, packet{}
		}
		length |= int(b[0]&0x7f) << shift
		if b[0] < 0x80 {
			return head[0], packet{rest: t.bytes(length)}
		}
	}
	return 0, packet{}
}
