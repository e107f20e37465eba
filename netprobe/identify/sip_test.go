package identify

import (
	"strings"
	"testing"

	"sonde"
)

func TestSIP(t *testing.T) {
	testServed(t, []served{{
		"Asterisk", answering(map[string]string{"OPTIONS sip:": "SIP/2.0 200 OK\r\nServer: Asterisk PBX 18.19.0\r\nAllow: INVITE, ACK\r\nContent-Length: 0\r\n\r\n"}),
		sonde.Service{Name: "sip", Product: "Asterisk PBX", Version: "18.19.0", Facts: facts("status", "200 OK", "server", "Asterisk PBX 18.19.0", "allow", "INVITE, ACK")},
	}})
}

func TestSIPDatagram(t *testing.T) {
	question := sipOptions("UDP")
	_, rest, _ := strings.Cut(question, "\r\nCall-ID: ")
	call, _, _ := strings.Cut(rest, "\r\n")
	answer := "SIP/2.0 483 Too Many Hops\r\ni: " + call + "\r\nUser-Agent: phone/1.2\r\n\r\n"
	same(t, Reply([]byte(question), []byte(answer)), sonde.Service{
		Name: "sip", Product: "phone", Version: "1.2", Facts: facts("status", "483 Too Many Hops", "server", "phone/1.2"),
	})
	same(t, Reply([]byte(question), []byte(strings.Replace(answer, call, "another", 1))), sonde.Service{})
}
