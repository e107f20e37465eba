package identify

import (
	"bytes"
	"testing"

	"sonde"
)

// dnsAnswer answers a query with these flags and, unless it is "", a TXT record.
func dnsAnswer(query []byte, flags, text string) []byte {
	answer := append(bytes.Clone(query[:2]), flags...)
	answer = append(answer, "\x00\x01\x00\x00\x00\x00\x00\x00"...)
	answer = append(answer, query[dnsHeader:]...)
	if text != "" {
		answer[7] = 1
		answer = append(answer, "\xc0\x0c\x00\x10\x00\x03\x00\x00\x00\x00"...)
		answer = append(answer, withLength(2, false, withLength(1, false, []byte(text)))...)
	}
	return answer
}

func TestDNS(t *testing.T) {
	query := versionQuery()
	const good, refused = "\x84\x80", "\x80\x05"
	tests := []struct {
		name   string
		answer []byte
		want   sonde.Service
	}{
		{"unbound", dnsAnswer(query, good, "unbound 1.17.1"), sonde.Service{
			Name: "dns", Product: "unbound", Version: "1.17.1",
			Facts: facts("version.bind", "NOERROR", "recursion", "available", "version", "unbound 1.17.1"),
		}},
		{"BIND of Debian", dnsAnswer(query, good, "9.18.49-1~deb12u3-Debian"), sonde.Service{
			Name: "dns", Product: "BIND", Version: "9.18.49",
			Facts: facts("version.bind", "NOERROR", "recursion", "available", "package", "1~deb12u3-Debian", "version", "9.18.49-1~deb12u3-Debian"),
		}},
		{"a version that is hidden", dnsAnswer(query, good, "none of your business"), sonde.Service{
			Name: "dns", Facts: facts("version.bind", "NOERROR", "recursion", "available", "version", "none of your business"),
		}},
		{"refused", dnsAnswer(query, refused, ""), sonde.Service{Name: "dns", Facts: facts("version.bind", "REFUSED")}},
		{"another's id", append([]byte{^query[0]}, dnsAnswer(query, good, "")[1:]...), sonde.Service{}},
		{"no answer but a query", bytes.Clone(query), sonde.Service{Name: "echo"}},
		{"another question", bytes.ReplaceAll(dnsAnswer(query, good, ""), []byte("bind"), []byte("mind")), sonde.Service{}},
		{"a record that lies about its length", dnsAnswer(query, good, "unbound 1.17.1")[:50], sonde.Service{
			Name: "dns", Facts: facts("version.bind", "NOERROR", "recursion", "available"),
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			same(t, Reply(query, test.answer), test.want)
		})
	}
}
