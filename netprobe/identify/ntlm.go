package identify

import (
	"bytes"
	"fmt"
	"unicode/utf16"

	"sonde"
)

// NTLM ([MS-NLMP]) is how Windows begins to log somebody in, over SMB and RDP alike.
// Its second message tells of the server before the first name or password is sent.

// ntlmNegotiate is the first message: flags for Unicode, NTLM, target names and a
// version; no domain, no workstation.
const ntlmNegotiate = "NTLMSSP\x00\x01\x00\x00\x00\x07\x82\x08\xa2" +
	"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00" + "\x0a\x00\x00\x00\x00\x00\x00\x0f"

// ntlmNames are the names in a challenge's target information, by their number.
var ntlmNames = map[int]string{
	1: "NetBIOS computer", 2: "NetBIOS domain", 3: "DNS computer", 4: "DNS domain", 5: "DNS forest",
}

// readNTLM looks for a challenge in an answer, and tells what it says.
func readNTLM(answer []byte, s *sonde.Service) {
	at := bytes.Index(answer, []byte("NTLMSSP\x00\x02\x00\x00\x00"))
	if at < 0 {
		return
	}
	message := answer[at:]
	head := packet{rest: message}
	head.take(40)
	length := head.little(2)
	head.take(2)
	offset := head.little(4)
	major, minor, build := head.little(1), head.little(1), head.little(2)
	if !head.short && build > 0 { // others than Windows leave it 0
		s.Product, s.Version = "Microsoft Windows", fmt.Sprintf("%d.%d.%d", major, minor, build)
	}
	if offset > len(message) || length > len(message)-offset {
		return
	}
	pairs := packet{rest: message[offset : offset+length]}
	for id := pairs.little(2); id != 0 && !pairs.short; id = pairs.little(2) {
		value := pairs.take(pairs.little(2))
		if name, known := ntlmNames[id]; known {
			tell(s, name, fromUTF16(value))
		}
	}
}

func fromUTF16(text []byte) string {
	units := make([]uint16, len(text)/2)
	for i := range units {
		units[i] = uint16(text[2*i]) | uint16(text[2*i+1])<<8
	}
	return string(utf16.Decode(units))
}
