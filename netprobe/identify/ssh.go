package identify

import (
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"regexp"
	"slices"
	"strings"

	"sonde"
)

// sshDetector knows SSH (RFC 4253). It learns the algorithms that a server offers, and
// begins a key exchange, which shows the host key, without ending it.
var sshDetector = detector{
	name:   "ssh",
	ports:  []uint16{22, 2222, 22222},
	greets: true,
	knows:  fits(`(?m)^SSH-\d+\.\d+-[^\n]*\n`),
	ask:    askSSH,
}

// sshMarks are products as the software version of section 4.2 names them.
var sshMarks = []mark{
	{"OpenSSH", regexp.MustCompile(`^OpenSSH_([\w.]+)(?: (.+))?`)},
	{"OpenSSH for Windows", regexp.MustCompile(`^OpenSSH_for_Windows_([\w.]+)`)},
	{"Dropbear", regexp.MustCompile(`^dropbear(?:_([\w.]+))?`)},
	{"libssh", regexp.MustCompile(`^libssh[_-]([\w.]+)`)},
	{"Cisco SSH", regexp.MustCompile(`^Cisco-([\w.]+)`)},
	{"Bitvise SSH Server", regexp.MustCompile(`Bitvise SSH Server \(WinSSHD\)(?: ([\w.]+))?`)},
	{"ProFTPD mod_sftp", regexp.MustCompile(`^mod_sftp(?:/([\w.]+))?`)},
	{"Paramiko", regexp.MustCompile(`^paramiko_([\w.]+)`)},
	{"Twisted Conch", regexp.MustCompile(`^Twisted(?:_([\w.]+))?`)},
	{"Apache MINA SSHD", regexp.MustCompile(`^APACHE-SSHD-([\w.]+)`)},
	{"Go x/crypto/ssh", regexp.MustCompile(`^Go$`)},
	{"RouterOS", regexp.MustCompile(`^ROSSSH`)},
}

func askSSH(t *talk, s *sonde.Service) bool {
	protocol, software, ok := t.sshVersion()
	if !ok {
		return false
	}
	tell(s, "protocol", protocol)
	marked(s, sshMarks, software)
	t.say("SSH-2.0-Sonde\r\n")
	offer, ok := readOffer(t.sshPacket())
	if !ok {
		return true
	}
	offer.tell(s)
	t.sayKeyExchange(offer)
	reply := packet{rest: t.sshPacket()}
	if reply.number(1) == sshKeyExchangeReply {
		tell(s, "host key", fingerprint(reply.prefixed(4)))
	}
	t.saySSH(sshGoodbye)
	return true
}

// sshVersion takes the line that names the protocol and the software, which others
// may precede (section 4.2).
func (t *talk) sshVersion() (protocol, software string, ok bool) {
	lines := t.linesTo(func(line string) bool { return strings.HasPrefix(line, "SSH-") })
	if t.failed != nil {
		return "", "", false
	}
	protocol, software, ok = strings.Cut(lines[len(lines)-1][len("SSH-"):], "-")
	return protocol, software, ok
}

// Messages of SSH, RFC 4253 section 12.
const (
	sshKeyExchangeInit  = 20
	sshKeyExchangeReply = 31
	sshGoodbye          = "\x01\x00\x00\x00\x0b\x00\x00\x00\x03bye\x00\x00\x00\x00" // disconnect, by application
)

// sshPacket takes a packet before encryption and returns its payload (section 6).
func (t *talk) sshPacket() []byte {
	head := packet{rest: t.bytes(5)}
	length, padding := head.number(4), head.number(1)
	body := t.bytes(length - 1)
	if len(body) < padding {
		return nil
	}
	return body[:len(body)-padding]
}

// saySSH sends a payload, padded to a multiple of eight bytes.
func (t *talk) saySSH(payload string) {
	padding := 8 - (5+len(payload))%8
	if padding < 4 {
		padding += 8
	}
	body := append([]byte{byte(padding)}, payload...)
	t.say(string(withLength(4, false, append(body, make([]byte, padding)...))))
}

// sshOffer is what a server's SSH_MSG_KEXINIT lists (section 7.1).
type sshOffer struct {
	keyExchange, hostKeys []string
	ciphers, macs         []string // from server to client, as all below
	compression           []string
}

func readOffer(payload []byte) (sshOffer, bool) {
	p := packet{rest: payload}
	if p.number(1) != sshKeyExchangeInit {
		return sshOffer{}, false
	}
	p.take(16) // a random cookie
	var lists [10][]string
	for i := range lists {
		lists[i] = strings.Split(string(p.prefixed(4)), ",")
	}
	return sshOffer{lists[0], lists[1], lists[3], lists[5], lists[7]}, !p.short
}

func (o sshOffer) tell(s *sonde.Service) {
	list := func(names []string) string { return strings.Join(names, ", ") }
	tell(s, "key exchange", list(o.keyExchange))
	quantum := slices.DeleteFunc(slices.Clone(o.keyExchange), func(name string) bool {
		return !strings.Contains(name, "mlkem") && !strings.Contains(name, "sntrup") && !strings.Contains(name, "kyber")
	})
	tell(s, "post-quantum key exchange", list(quantum))
	tell(s, "host key algorithms", list(o.hostKeys))
	tell(s, "ciphers", list(o.ciphers))
	tell(s, "macs", list(o.macs))
	tell(s, "compression", list(o.compression))
	tell(s, "hassh", o.hassh())
}

// hassh is a digest of the offer by which implementations are compared, of the form
// that "HASSH server" gave the name to.
func (o sshOffer) hassh() string {
	var text []string
	for _, list := range [][]string{o.keyExchange, o.ciphers, o.macs, o.compression} {
		text = append(text, strings.Join(list, ","))
	}
	sum := md5.Sum([]byte(strings.Join(text, ";")))
	return hex.EncodeToString(sum[:])
}

// fingerprint names a key as ssh-keygen -l does, with its kind before it.
func fingerprint(key []byte) string {
	kind := packet{rest: key}
	name := string(kind.prefixed(4))
	if name == "" {
		return ""
	}
	sum := sha256.Sum256(key)
	return name + " SHA256:" + base64.RawStdEncoding.EncodeToString(sum[:])
}
