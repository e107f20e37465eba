package identify

import (
	"bytes"
	"fmt"

	"sonde"
)

// amqpDetector knows AMQP 0-9-1 (amqp.org, amq-protocol), whose servers introduce
// themselves; of AMQP 1.0 (OASIS) it knows the header.
var amqpDetector = detector{
	name:  "amqp",
	ports: []uint16{5672, 5671},
	knows: fits(`^AMQP[\x00\x02\x03]\x00?[\x00-\x0a]`),
	ask:   askAMQP,
}

const (
	amqpHeader     = "AMQP\x00\x00\x09\x01"
	amqpMethod     = 1
	amqpStart      = 10<<16 | 10 // class and method
	amqpProperties = 64
)

func askAMQP(t *talk, s *sonde.Service) bool {
	t.say(amqpHeader)
	head := t.bytes(7)
	if bytes.HasPrefix(head, []byte("AMQP")) { // a header with the version that it wants instead
		version := append(bytes.Clone(head[4:]), t.bytes(1)...)
		if t.failed != nil || string(version) == amqpHeader[4:] {
			return false
		}
		tell(s, "protocol", fmt.Sprintf("%d.%d.%d", version[1], version[2], version[3]))
		return true
	}
	frame := packet{rest: head}
	kind, _, length := frame.number(1), frame.number(2), frame.number(4)
	if kind != amqpMethod || t.failed != nil {
		return false
	}
	start := packet{rest: t.bytes(length)}
	if start.number(4) != amqpStart {
		return false
	}
	tell(s, "protocol", fmt.Sprintf("%d.%d", start.number(1), start.number(1)))
	properties := packet{rest: start.prefixed(4)}
	readAMQPTable(&properties, s)
	tell(s, "mechanisms", string(start.prefixed(4)))
	return !start.short
}

// amqpSizes are the sizes of values by their type; those of texts, tables and lists
// come before them.
var amqpSizes = map[int]int{'t': 1, 'b': 1, 'B': 1, 's': 2, 'u': 2, 'I': 4, 'i': 4, 'f': 4, 'D': 5, 'l': 8, 'L': 8, 'd': 8, 'T': 8, 'V': 0}

// readAMQPTable reads what the server says of itself.
func readAMQPTable(table *packet, s *sonde.Service) {
	for range amqpProperties {
		name := string(table.prefixed(1))
		kind := table.number(1)
		if table.short {
			return
		}
		size, fixed := amqpSizes[kind]
		if fixed {
			table.take(size)
			continue
		}
		value := string(table.prefixed(4))
		switch {
		case kind != 'S':
		case name == "product":
			s.Product = value
		case name == "version":
			s.Version = value
		case name == "platform" || name == "cluster_name":
			tell(s, name, value)
		}
	}
}
