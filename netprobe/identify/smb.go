package identify

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"fmt"

	"sonde"
)

// smbDetector knows SMB 2 and 3 ([MS-SMB2]). It negotiates a dialect and begins a
// session, whose challenge tells of the server, without ending it.
var smbDetector = detector{
	name:  "smb",
	ports: []uint16{445, 139},
	knows: func(said []byte) bool { return len(said) >= 8 && bytes.Equal(said[4:8], []byte(smbMagic)) },
	ask:   askSMB,
}

const (
	smbMagic        = "\xfeSMB"
	smbHeader       = 64
	smbNegotiate    = 0
	smbSessionSetup = 1
	smbSigningMust  = 2
)

// smbDialects in the order of age: 2.0.2, 2.1, 3.0, 3.0.2, 3.1.1.
var smbDialects = []uint16{0x0202, 0x0210, 0x0300, 0x0302, 0x0311}

func askSMB(t *talk, s *sonde.Service) bool {
	t.saySMB(smbNegotiate, 0, smbNegotiation())
	answer, ok := t.smbAnswer()
	if !ok {
		return false
	}
	answer.take(2) // the structure's size
	mode, dialect := answer.little(2), answer.little(2)
	if answer.short {
		return false
	}
	tell(s, "dialect", smbDialect(dialect))
	signing := "possible"
	if mode&smbSigningMust != 0 {
		signing = "required"
	}
	tell(s, "signing", signing)
	t.saySMB(smbSessionSetup, 1, smbSession())
	if answer, ok := t.smbAnswer(); ok {
		readNTLM(answer.rest, s)
	}
	return true
}

// saySMB sends a message under a header (section 2.2.1.2), with its length before it.
func (t *talk) saySMB(command uint16, id byte, body string) {
	header := make([]byte, smbHeader)
	copy(header, smbMagic)
	header[4] = smbHeader
	binary.LittleEndian.PutUint16(header[12:], command)
	header[14] = 31 // credits asked for
	header[24] = id
	t.say(string(withLength(4, false, append(header, body...))))
}

// smbAnswer takes an answer and returns its body.
func (t *talk) smbAnswer() (packet, bool) {
	length := packet{rest: t.bytes(4)}
	answer := packet{rest: t.bytes(length.number(4))}
	header := answer.take(smbHeader)
	isAnswer := header != nil && string(header[:4]) == smbMagic && header[16]&1 != 0
	return answer, isAnswer
}

// smbNegotiation asks for a dialect (section 2.2.3). The last needs a context, which
// says how the conversation is to be digested.
func smbNegotiation() string {
	body := make([]byte, 36)
	body[0], body[2], body[4] = 36, byte(len(smbDialects)), 1
	rand.Read(body[12:28])
	for _, dialect := range smbDialects {
		body = binary.LittleEndian.AppendUint16(body, dialect)
	}
	for len(body)%8 != 0 {
		body = append(body, 0)
	}
	binary.LittleEndian.PutUint32(body[28:], uint32(smbHeader+len(body)))
	body[32] = 1 // one context: preauthentication integrity by SHA-512, with a salt
	body = append(body, "\x01\x00\x26\x00\x00\x00\x00\x00\x01\x00\x20\x00\x01\x00"...)
	salt := make([]byte, 32)
	rand.Read(salt)
	return string(append(body, salt...))
}

// smbSession begins to log in (section 2.2.5), with NTLM in SPNEGO (RFC 4178).
func smbSession() string {
	const spnego, ntlm = "\x2b\x06\x01\x05\x05\x02", "\x2b\x06\x01\x04\x01\x82\x37\x02\x02\x0a"
	token := ber(berApplication, ber(berOID, spnego), ber(berContext, ber(berSequence,
		ber(berContext, ber(berSequence, ber(berOID, ntlm))),
		ber(berContext|2, ber(berText, ntlmNegotiate)))))
	body := make([]byte, 24)
	body[0], body[3] = 25, 1
	binary.LittleEndian.PutUint16(body[12:], smbHeader+uint16(len(body)))
	binary.LittleEndian.PutUint16(body[14:], uint16(len(token)))
	return string(body) + token
}

// smbDialect writes a revision as people do: 3.1.1 is 0x0311.
func smbDialect(revision int) string {
	text := fmt.Sprintf("%d.%d", revision>>8, revision>>4&15)
	if last := revision & 15; last != 0 {
		text += fmt.Sprintf(".%d", last)
	}
	return text
}
