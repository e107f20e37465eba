package identify

import (
	"testing"

	"sonde"
)

// ntlmChallenge is the second message of NTLM, from a server of this build.
func ntlmChallenge(build string, pairs string) string {
	length := string([]byte{byte(len(pairs)), 0})
	return "NTLMSSP\x00\x02\x00\x00\x00" + "\x00\x00\x00\x00\x38\x00\x00\x00" + "\x05\x82\x89\xa2" + "12345678" +
		"\x00\x00\x00\x00\x00\x00\x00\x00" + length + length + "\x38\x00\x00\x00" + build + "\x00\x00\x00\x0f" + pairs
}

const ntlmPairs = "\x02\x00\x04\x00D\x00X\x00" + "\x03\x00\x06\x00h\x00.\x00x\x00" + "\x07\x00\x02\x00zz" + "\x00\x00\x00\x00"

func TestNTLM(t *testing.T) {
	names := facts("NetBIOS domain", "DX", "DNS computer", "h.x")
	tests := []struct {
		name, answer string
		want         sonde.Service
	}{
		{"Windows", "…" + ntlmChallenge("\x0a\x00\x7c\x4f", ntlmPairs), sonde.Service{Product: "Microsoft Windows", Version: "10.0.20348", Facts: names}},
		{"Samba", ntlmChallenge("\x06\x01\x00\x00", ntlmPairs), sonde.Service{Facts: names}},
		{"a pair that lies about its length", ntlmChallenge("\x06\x01\x00\x00", "\x02\x00\xff\xffD\x00"), sonde.Service{}},
		{"information beyond the end", ntlmChallenge("\x06\x01\x00\x00", ntlmPairs)[:60], sonde.Service{}},
		{"cut short", ntlmChallenge("\x06\x01\x00\x00", ntlmPairs)[:20], sonde.Service{}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var got sonde.Service
			readNTLM([]byte(test.answer), &got)
			same(t, got, test.want)
		})
	}
}

func TestSMB(t *testing.T) {
	answer := func(body string) string {
		header := make([]byte, smbHeader)
		copy(header, smbMagic)
		header[16] = 1
		return string(withLength(4, false, append(header, body...)))
	}
	negotiate := string(withLength(4, false, make([]byte, 158)))[:4]
	session := "\x00\x00\x00\xa2"
	testServed(t, []served{
		{
			"Windows", answering(map[string]string{
				negotiate: answer("\x41\x00\x03\x00\x11\x03"), session: answer("........" + ntlmChallenge("\x0a\x00\x7c\x4f", ntlmPairs)),
			}),
			sonde.Service{Name: "smb", Product: "Microsoft Windows", Version: "10.0.20348", Facts: facts(
				"dialect", "3.1.1", "signing", "required", "NetBIOS domain", "DX", "DNS computer", "h.x",
			)},
		},
		{
			"no session for strangers", answering(map[string]string{negotiate: answer("\x41\x00\x01\x00\x02\x02")}),
			sonde.Service{Name: "smb", Facts: facts("dialect", "2.0.2", "signing", "possible")},
		},
	})
}
