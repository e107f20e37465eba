package identify

import (
	"sonde"
)

// rdpDetector knows Remote Desktop ([MS-RDPBCGR] section 2.2.1.1). Where the server
// takes a login by CredSSP ([MS-CSSP]), its challenge tells more of it.
var rdpDetector = detector{
	name:  "rdp",
	ports: []uint16{3389},
	knows: func(said []byte) bool {
		return len(said) >= 9 && said[0] == 3 && said[1] == 0 && (said[5] == rdpConfirm || said[5] == rdpData)
	},
	ask: askRDP,
}

// rdpRequest is a connection request of X.224 in a TPKT (RFC 1006) that asks for TLS
// or CredSSP.
const (
	rdpRequest  = "\x03\x00\x00\x13\x0e\xe0\x00\x00\x00\x00\x00\x01\x00\x08\x00\x0b\x00\x00\x00"
	rdpConfirm  = 0xd0
	rdpData     = 0xf0 // in which xrdp takes its leave of strangers
	rdpResponse = 2
	rdpTLS      = 1
)

var rdpSecurity = map[int]string{0: "RDP", 1: "TLS", 2: "CredSSP", 4: "RDSTLS", 8: "CredSSP with early user authorization"}

func askRDP(t *talk, s *sonde.Service) bool {
	t.say(rdpRequest)
	frame := packet{rest: t.bytes(4)}
	if frame.number(1) != 3 || frame.number(1) != 0 {
		return false
	}
	confirm := packet{rest: t.bytes(frame.number(2) - 4)}
	confirm.take(1)
	if confirm.number(1) != rdpConfirm || confirm.short {
		return false
	}
	confirm.take(5)
	kind := confirm.number(1)
	confirm.take(3)
	chosen := confirm.little(4)
	if kind != rdpResponse || confirm.short {
		return true // an old server, which knows nothing but its own security, or one that refuses
	}
	tell(s, "security", rdpSecurity[chosen])
	if chosen == 0 || !t.upgrade(s) {
		return true
	}
	if chosen&^rdpTLS != 0 {
		t.say(credSSP)
		readNTLM(t.hear(berLength), s)
	}
	return true
}

// credSSP is a TSRequest of version 6 with a message of NTLM.
var credSSP = ber(berSequence,
	ber(berContext, ber(berInteger, "\x06")),
	ber(berContext|1, ber(berSequence, ber(berSequence, ber(berContext, ber(berText, ntlmNegotiate))))))
