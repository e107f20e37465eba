package identify

import (
	"encoding/base64"
	"io"
	"net"
	"strings"
	"testing"

	"sonde"
)

// testHostKey is a public key as a server shows it, testFingerprint what ssh-keygen -l
// says of it.
const (
	testHostKey     = "AAAAC3NzaC1lZDI1NTE5AAAAIEMvc8mhlGfynSCVqt2aMmMVD/W6Bb7i5GzbiJ3jro3X"
	testFingerprint = "ssh-ed25519 SHA256:oU6e/pRFX42DF/IPv4DezQd641W6ImC67ECD5ZCxuV8"
)

// sshServer serves who offers these methods of key exchange and shows testHostKey to
// whoever begins with a share of so many bytes.
func sshServer(t *testing.T, methods string, share int) func(net.Conn) {
	key, err := base64.StdEncoding.DecodeString(testHostKey)
	if err != nil {
		t.Fatal(err)
	}
	lists := []string{methods, "ssh-ed25519", "c", "aes128-ctr", "m", "hmac-sha2-256", "none", "none,zlib", "", ""}
	offer := "\x14" + strings.Repeat("x", 16)
	for _, list := range lists {
		offer += sshString(list)
	}
	return func(conn net.Conn) {
		h := Hints{Limits: Limits{}.filled(0)}
		talk := newTalk(t.Context(), conn, &h)
		io.WriteString(conn, "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u10\r\n")
		talk.line()
		talk.saySSH(offer + "\x00\x00\x00\x00\x00")
		if client, ok := readOffer(talk.sshPacket()); !ok || len(client.keyExchange) != 1 {
			return
		}
		begin := packet{rest: talk.sshPacket()}
		if begin.number(1) == 30 && len(begin.prefixed(4)) == share {
			talk.saySSH("\x1f" + sshString(string(key)) + sshString("share") + sshString("signature"))
			talk.sshPacket()
		}
	}
}

func TestSSH(t *testing.T) {
	known := func(methods, quantum, hassh string, more ...string) []sonde.Fact {
		pairs := []string{"protocol", "2.0", "package", "Debian-2+deb12u10", "key exchange", methods}
		if quantum != "" {
			pairs = append(pairs, "post-quantum key exchange", quantum)
		}
		pairs = append(pairs, "host key algorithms", "ssh-ed25519", "ciphers", "aes128-ctr", "macs", "hmac-sha2-256", "compression", "none, zlib", "hassh", hassh)
		return facts(append(pairs, more...)...)
	}
	shown := []string{"host key", testFingerprint}
	tests := []struct {
		method, quantum, hassh string
		share                  int
		more                   []string
	}{
		{"curve25519-sha256", "", "5e8a4d01a8e43ce9b69e5d0ad7ba9d81", 32, shown},
		{"ecdh-sha2-nistp256", "", "e37bd05165456b15eaf6a05780e3b372", 65, shown},
		{"diffie-hellman-group14-sha256", "", "537a787a9996d131815f571d1989868c", 127, shown},
		{"mlkem768x25519-sha256", "mlkem768x25519-sha256", "eb2bf11aed32f4e8f4eba8c33ab92e4d", 1216, shown},
		{"sntrup761x25519-sha512", "sntrup761x25519-sha512", "78896756bb0e28278eec518393613150", 0, nil},
	}
	for _, test := range tests {
		t.Run(test.method, func(t *testing.T) {
			got := identified(t, place(t, sshServer(t, test.method, test.share)))
			same(t, got, sonde.Service{
				Name: "ssh", Product: "OpenSSH", Version: "9.2p1", Facts: known(test.method, test.quantum, test.hassh, test.more...),
			})
			if got.Banner != `SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u10\r\n` {
				t.Errorf("banner %q", got.Banner)
			}
		})
	}
}

// TestSSHAlone holds that the version line is enough, and may follow others.
func TestSSHAlone(t *testing.T) {
	got := identified(t, place(t, replies("Authorized use only.\r\nSSH-1.99-dropbear_2022.83\r\n", "\x00\x00")))
	same(t, got, sonde.Service{Name: "ssh", Product: "Dropbear", Version: "2022.83", Facts: facts("protocol", "1.99")})
}
