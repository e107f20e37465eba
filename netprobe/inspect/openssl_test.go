package inspect

import (
	"bufio"
	"crypto/x509"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sonde"
	"sonde/internal/pki"
)

// TestOpenSSL inspects servers that take what crypto/tls has not: the key exchange over
// Diffie and Hellman's own groups, suites of other countries, and versions without names
// in it.
func TestOpenSSL(t *testing.T) {
	root := pki.New(t, "root", nil, pki.Authority)
	leaf := pki.WithKey(t, rsaKey(t), "leaf", root, pki.For("localhost"))
	for name, test := range map[string]struct {
		flags   []string
		failure sonde.Failure
		offers  string
		groups  string
	}{
		"dhe": {
			[]string{"-tls1_2", "-cipher", "DHE-RSA-AES256-GCM-SHA384:DHE-RSA-CAMELLIA128-SHA:@SECLEVEL=0"}, sonde.Handshake,
			"TLS 1.2: TLS_DHE_RSA_WITH_AES_256_GCM_SHA384 TLS_DHE_RSA_WITH_CAMELLIA_128_CBC_SHA", "",
		},
		"tls 1.0": {
			[]string{"-tls1", "-cipher", "ECDHE-RSA-AES128-SHA:AES256-SHA:@SECLEVEL=0"}, sonde.Handshake,
			"TLS 1.0: TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA TLS_RSA_WITH_AES_256_CBC_SHA", "",
		},
		"ccm and other groups": {
			[]string{"-tls1_3", "-ciphersuites", "TLS_AES_128_CCM_SHA256:TLS_AES_256_GCM_SHA384", "-groups", "ffdhe2048:X448:P-256"}, "",
			"TLS 1.3: TLS_AES_256_GCM_SHA384 TLS_AES_128_CCM_SHA256", "ffdhe2048 secp256r1 x448",
		},
	} {
		t.Run(name, func(t *testing.T) {
			address := openssl(t, leaf, test.flags...)
			facts, err := TLS(t.Context(), Question{Host: "localhost", Dial: dialling(address), Roots: root.Pool()})
			if err != nil || facts.Failure != test.failure || facts.Certificate == nil || facts.Certificate.VerifyError != "" || facts.Certificate.Subject != "CN=leaf" {
				t.Errorf("%v, failure %q, %s, certificate %+v", err, facts.Failure, facts.Detail, facts.Certificate)
			}
			var offers []string
			for _, o := range facts.Offers {
				offers = append(offers, o.Version+": "+strings.Join(o.Ciphers, " "))
			}
			if got := strings.Join(offers, "; "); got != test.offers {
				t.Errorf("it offers %s, want %s", got, test.offers)
			}
			if got := strings.Join(slices.Sorted(slices.Values(facts.Groups)), " "); got != test.groups {
				t.Errorf("it takes the groups %s, want %s", got, test.groups)
			}
		})
	}
}

// openssl starts openssl's server with a certificate and returns where it listens.
func openssl(t *testing.T, leaf *pki.Certificate, flags ...string) string {
	t.Helper()
	program, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip("openssl is not installed")
	}
	key, err := x509.MarshalPKCS8PrivateKey(leaf.Key)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "server.pem")
	text := append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: leaf.Raw}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})...)
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	server := exec.Command(program, append([]string{"s_server", "-accept", "127.0.0.1:0", "-cert", file}, flags...)...)
	said, err := server.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	hold, err := server.StdinPipe() // it ends with its input
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		hold.Close()
		server.Process.Kill()
		server.Wait()
	})
	for lines := bufio.NewScanner(said); lines.Scan(); {
		if address, ok := strings.CutPrefix(lines.Text(), "ACCEPT "); ok {
			return address
		}
	}
	t.Skip("this openssl cannot serve that")
	return ""
}
