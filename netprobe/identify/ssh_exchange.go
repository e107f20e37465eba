package identify

import (
	"crypto/ecdh"
	"crypto/mlkem"
	"crypto/rand"
	"slices"
	"strings"
)

// keyExchanges are methods of which a first message can be made, the preferred first.
// Whether what is in it could end in a shared secret does not matter: the answer with
// the host key is all that is waited for.
var keyExchanges = []struct {
	name  string
	share func() []byte
}{
	{"curve25519-sha256", randomShare}, // RFC 8731
	{"curve25519-sha256@libssh.org", randomShare},
	{"ecdh-sha2-nistp256", curveShare(ecdh.P256())}, // RFC 5656
	{"ecdh-sha2-nistp384", curveShare(ecdh.P384())},
	{"ecdh-sha2-nistp521", curveShare(ecdh.P521())},
	{"diffie-hellman-group14-sha256", numberShare}, // RFC 8268
	{"diffie-hellman-group16-sha512", numberShare},
	{"diffie-hellman-group14-sha1", numberShare}, // RFC 4253 section 8
	{"diffie-hellman-group1-sha1", numberShare},
	{"mlkem768x25519-sha256", hybridShare}, // draft-ietf-sshm-mlkem-hybrid-kex
}

// hostKeyOrder are the kinds of host key to ask for, the preferred first.
var hostKeyOrder = []string{
	"ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521",
	"rsa-sha2-512", "rsa-sha2-256", "ssh-rsa", "ssh-dss",
}

// sayKeyExchange sends our own offer, which holds one method, and the first message of
// that method. Where we know none that the server takes, it ends the conversation.
func (t *talk) sayKeyExchange(offer sshOffer) {
	for _, method := range keyExchanges {
		if slices.Contains(offer.keyExchange, method.name) {
			t.saySSH(ourOffer(method.name, offer))
			t.saySSH("\x1e" + sshString(string(method.share())))
			return
		}
	}
	t.failed = errNoMethod
}

// ourOffer is an SSH_MSG_KEXINIT. For all but the method and the host key it lists
// what the server does.
func ourOffer(method string, server sshOffer) string {
	cookie := make([]byte, 16)
	rand.Read(cookie)
	payload := string(rune(sshKeyExchangeInit)) + string(cookie) + sshString(method) + sshString(strings.Join(hostKeyOrder, ","))
	for _, list := range [][]string{server.ciphers, server.ciphers, server.macs, server.macs, server.compression, server.compression} {
		payload += sshString(strings.Join(list, ","))
	}
	return payload + sshString("") + sshString("") + "\x00\x00\x00\x00\x00" // languages; no guess follows; reserved
}

func sshString(s string) string { return string(withLength(4, false, []byte(s))) }

func randomShare() []byte {
	share := make([]byte, 32)
	rand.Read(share)
	return share
}

func curveShare(curve ecdh.Curve) func() []byte {
	return func() []byte {
		key, err := curve.GenerateKey(rand.Reader)
		if err != nil {
			return nil
		}
		return key.PublicKey().Bytes()
	}
}

// numberShare is a number that lies within the smallest group, a positive mpint.
func numberShare() []byte {
	share := make([]byte, 127)
	rand.Read(share)
	share[0] = share[0]&0x7f | 0x40
	return share
}

func hybridShare() []byte {
	key, err := mlkem.GenerateKey768()
	if err != nil {
		return nil
	}
	return append(key.EncapsulationKey().Bytes(), randomShare()...)
}
