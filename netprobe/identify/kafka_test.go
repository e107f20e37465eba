package identify

import (
	"net"
	"testing"

	"sonde"
)

func TestKafka(t *testing.T) {
	kafka := func(change byte) func(net.Conn) {
		return func(conn net.Conn) {
			question := make([]byte, 1024)
			if n, err := conn.Read(question); err != nil || n < 12 || question[5] != kafkaVersions {
				return
			}
			question[8] ^= change
			conn.Write(withLength(4, false, append(question[8:12:12], "\x00\x00\x00\x00\x00\x01\x00\x12\x00\x00\x00\x03"...)))
		}
	}
	testServed(t, []served{
		{"Kafka", kafka(0), sonde.Service{Name: "kafka", Facts: facts("requests", "1")}},
		{"an answer to another question", kafka(1), sonde.Service{}},
	})
}
