package identify

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"

	"sonde"
)

// kafkaDetector knows Kafka's protocol (kafka.apache.org/protocol) by the request that
// asks which requests there are. No version of the broker is told.
var kafkaDetector = detector{name: "kafka", ports: []uint16{9092, 9093}, knows: nothing, ask: askKafka}

const kafkaVersions = 18 // ApiVersions, version 0

func askKafka(t *talk, s *sonde.Service) bool {
	id := rand.Uint32()
	request := []byte{0, kafkaVersions, 0, 0}
	request = binary.BigEndian.AppendUint32(request, id)
	request = append(request, "\x00\x05sonde"...)
	t.say(string(withLength(4, false, request)))
	length := packet{rest: t.bytes(4)}
	answer := packet{rest: t.bytes(length.number(4))}
	if t.failed != nil || uint32(answer.number(4)) != id {
		return false
	}
	failure, requests := answer.number(2), answer.number(4)
	if failure == 0 {
		tell(s, "requests", fmt.Sprint(requests))
	}
	return !answer.short
}
