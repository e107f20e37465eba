package identify

import (
	"strings"
	"testing"

	"sonde"
)

// mongoAnswer is a document in an OP_MSG.
func mongoAnswer(elements string) string {
	document := elements + "\x00"
	document = string([]byte{byte(len(document) + 4), 0, 0, 0}) + document
	body := "\x00\x00\x00\x00\x00" + document
	return string([]byte{byte(mongoHeader + len(body)), 0, 0, 0}) + "\x01\x00\x00\x00\x01\x00\x00\x00\xdd\x07\x00\x00" + body
}

func TestMongoDB(t *testing.T) {
	hello := mongoAnswer("\x08isWritablePrimary\x00\x01" + "\x03topologyVersion\x00\x05\x00\x00\x00\x00" + bsonInt("maxWireVersion", 21) + bsonText("setName", "rs0"))
	mongo := func(build string) map[string]string {
		return map[string]string{
			"GET ":             "HTTP/1.0 200 OK\r\nContent-Length: 85\r\n\r\nIt looks like you are trying to access MongoDB over HTTP on the native driver port.\r\n",
			"\x34\x00\x00\x00": hello, "\x38\x00\x00\x00": build,
		}
	}
	testServed(t, []served{
		{
			"MongoDB", answering(mongo(mongoAnswer(bsonText("version", "7.0.5") + bsonText("gitVersion", "7809d71e")))),
			sonde.Service{Name: "mongodb", Product: "MongoDB", Version: "7.0.5", Facts: facts("replica set", "rs0", "wire version", "21")},
		},
		{
			"FerretDB", answering(mongo(mongoAnswer(bsonText("version", "7.0.42") + bsonText("ferretdbVersion", "v1.18.0")))),
			sonde.Service{Name: "mongodb", Product: "FerretDB", Version: "1.18.0", Facts: facts("replica set", "rs0", "wire version", "21")},
		},
		{
			"a build that is not told", answering(mongo(mongoAnswer(bsonText("errmsg", strings.Repeat("x", 80))))),
			sonde.Service{Name: "mongodb", Facts: facts("replica set", "rs0", "wire version", "21")},
		},
	})
}
