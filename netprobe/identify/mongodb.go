package identify

import (
	"encoding/binary"
	"fmt"
	"strings"

	"sonde"
)

// mongoDetector knows MongoDB's wire protocol (mongodb.com/docs: OP_MSG) and BSON
// (bsonspec.org). Both commands that it sends are open to everybody.
var mongoDetector = detector{
	name:  "mongodb",
	ports: []uint16{27017, 27018, 27019},
	knows: fits(`^HTTP/1\.[01] 200 OK[^\x00]*MongoDB over HTTP`),
	ask:   askMongo,
}

const (
	mongoMessage = 2013 // OP_MSG
	mongoHeader  = 16
)

func askMongo(t *talk, s *sonde.Service) bool {
	hello := t.mongo("hello")
	if _, ok := hello["maxWireVersion"]; !ok {
		return false
	}
	tell(s, "replica set", hello["setName"])
	tell(s, "wire version", hello["maxWireVersion"])
	build := t.mongo("buildInfo")
	switch {
	case build["ferretdbVersion"] != "":
		s.Product, s.Version = "FerretDB", strings.TrimPrefix(build["ferretdbVersion"], "v")
	case build["version"] != "":
		s.Product, s.Version = "MongoDB", build["version"]
	}
	return true
}

// mongo runs a command without arguments and returns the strings and numbers of its
// answer.
func (t *talk) mongo(command string) map[string]string {
	document := bsonInt(command, 1) + bsonText("$db", "admin") + "\x00"
	document = string(binary.LittleEndian.AppendUint32(nil, uint32(len(document)+4))) + document
	message := "\x00\x00\x00\x00\x00" + document // flags; a section of one document
	var header []byte
	for _, n := range []int{mongoHeader + len(message), 1, 0, mongoMessage} {
		header = binary.LittleEndian.AppendUint32(header, uint32(n))
	}
	t.say(string(header) + message)

	answered := packet{rest: t.bytes(mongoHeader)}
	length := answered.little(4)
	answered.take(8)
	if answered.little(4) != mongoMessage {
		return nil
	}
	body := packet{rest: t.bytes(length - mongoHeader)}
	body.take(5)
	return body.bson()
}

func bsonInt(name string, value int32) string {
	return "\x10" + name + "\x00" + string(binary.LittleEndian.AppendUint32(nil, uint32(value)))
}

func bsonText(name, value string) string {
	return "\x02" + name + "\x00" + string(binary.LittleEndian.AppendUint32(nil, uint32(len(value)+1))) + value + "\x00"
}

// bsonSizes are the sizes of values by their type. Those of texts, documents and bytes
// come before them.
var bsonSizes = map[int]int{0x01: 8, 0x07: 12, 0x08: 1, 0x09: 8, 0x0a: 0, 0x10: 4, 0x11: 8, 0x12: 8, 0x13: 16}

// bson reads the elements of a document up to the first that it cannot pass over.
func (p *packet) bson() map[string]string {
	values := map[string]string{}
	p.take(4)
	for kind := p.number(1); kind != 0 && !p.short; kind = p.number(1) {
		name := p.terminated()
		size, fixed := bsonSizes[kind]
		switch {
		case kind == 0x10 || kind == 0x12:
			values[name] = fmt.Sprint(p.little(size))
		case fixed:
			p.take(size)
		case kind == 0x02:
			values[name] = strings.TrimRight(string(p.take(p.little(4))), "\x00")
		case kind == 0x03 || kind == 0x04:
			p.take(p.little(4) - 4)
		case kind == 0x05:
			p.take(p.little(4) + 1)
		default:
			return values
		}
	}
	return values
}
