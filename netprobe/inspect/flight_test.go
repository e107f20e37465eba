package inspect

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// recorded is what a server of crypto/tls answers to a hello, as bytes.
func recorded(t testing.TB, h hello, config *tls.Config) []byte {
	t.Helper()
	ours, theirs := net.Pipe()
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer theirs.Close()
		tls.Server(theirs, config).Handshake()
	}()
	var said bytes.Buffer
	if _, err := ours.Write(h.record()); err != nil {
		t.Fatal(err)
	}
	if _, err := readFlight(io.TeeReader(ours, &said)); err != nil {
		t.Fatal(err)
	}
	ours.Close()
	<-done
	return said.Bytes()
}

// answers are flights to begin from.
func answers(t testing.TB) [][]byte {
	_, config := good(t)
	config.MinVersion = tls.VersionTLS10
	config.Certificates[0].OCSPStaple = []byte("a staple")
	var all [][]byte
	for _, version := range versions[1:] {
		all = append(all, recorded(t, hello{version, ciphersOf(version), groups, "localhost"}, config))
	}
	return append(all, []byte("\x15\x03\x03\x00\x02\x02\x28"), []byte("HTTP/1.1 400 Bad Request\r\n\r\n"))
}

// TestFlight: what is in the clear is read.
func TestFlight(t *testing.T) {
	all := answers(t)
	for i, version := range versions[1:] {
		f, err := readFlight(bytes.NewReader(all[i]))
		if err != nil || f.version != version || f.group == 0 || !strings.HasPrefix(cipherName(f.cipher), "TLS_") {
			t.Errorf("%s: %+v, %v", tls.VersionName(version), f, err)
		}
		if clear := version < versionTLS13; (len(f.chain) == 1) != clear || (string(f.staple) == "a staple") != clear {
			t.Errorf("%s: %d certificates, staple %q", tls.VersionName(version), len(f.chain), f.staple)
		}
	}
	_, alert := readFlight(bytes.NewReader(all[4]))
	_, other := readFlight(bytes.NewReader(all[5]))
	if alert != alertError(40) || other != errNotTLS || !strings.HasSuffix(alert.Error(), "alert handshake failure") {
		t.Errorf("an alert is %v, HTTP is %v", alert, other)
	}
}

// TestFragments: messages are found however they lie in records.
func TestFragments(t *testing.T) {
	whole := answers(t)[2]
	length := int(whole[3])<<8 | int(whole[4])
	var split bytes.Buffer
	for _, b := range whole[5 : 5+length] {
		split.Write([]byte{recordHandshake, 3, 3, 0, 1, b})
	}
	split.Write(whole[5+length:])
	f, err := readFlight(&split)
	if err != nil || len(f.chain) != 1 {
		t.Errorf("%+v, %v", f, err)
	}
}

// TestEndlessFlight: a server that goes on for ever is left.
func TestEndlessFlight(t *testing.T) {
	record := append([]byte{recordHandshake, 3, 3, 0x40, 0}, bytes.Repeat([]byte{0xff}, 1<<14)...)
	endless := bytes.NewReader(bytes.Repeat(record, 1000))
	if _, err := readFlight(endless); err == nil || endless.Len() < len(record)*900 {
		t.Errorf("it ended with %v, %d bytes left", err, endless.Len())
	}
}

// FuzzFlight: whatever is answered, reading ends well, and takes nothing of what follows.
func FuzzFlight(f *testing.F) {
	for _, a := range answers(f) {
		f.Add(a)
	}
	f.Fuzz(func(t *testing.T, answer []byte) {
		got, err := readFlight(bytes.NewReader(answer))
		if err == nil && got.version < versionTLS13 && !bytes.Contains(answer, []byte{messageDone}) {
			t.Error("a flight ended without its end")
		}
		_, _ = got.certificates() // for what it may not do: panic
		sum := 0
		for _, der := range got.chain {
			sum += len(der)
		}
		if sum > len(answer) {
			t.Errorf("%d bytes of certificates in an answer of %d", sum, len(answer))
		}
	})
}

// TestHello: our hellos are what servers take them for.
func TestHello(t *testing.T) {
	for _, version := range versions[1:] {
		var got *tls.ClientHelloInfo
		config := &tls.Config{MinVersion: tls.VersionTLS10, GetConfigForClient: func(info *tls.ClientHelloInfo) (*tls.Config, error) {
			got = info
			return nil, errors.New("seen enough")
		}}
		h := hello{version, ciphersOf(version), groups, "a.example"}
		tls.Server(script{bytes.NewReader(h.record())}, config).Handshake()
		if got == nil || got.ServerName != "a.example" || !slices.Equal(got.CipherSuites, h.ciphers) || !slices.Equal(got.SupportedCurves, h.groups) || got.SupportedVersions[0] != version {
			t.Errorf("%s: the server sees %+v", tls.VersionName(version), got)
		}
	}
}

// TestCipherNames holds our names against those of openssl, where it is there.
func TestCipherNames(t *testing.T) {
	listed, err := exec.Command("openssl", "ciphers", "-stdname", "-V", "ALL:eNULL:@SECLEVEL=0").Output()
	if err != nil {
		t.Skipf("openssl cannot be asked: %v", err)
	}
	seen := 0
	for line := range strings.Lines(string(listed)) {
		words := strings.Fields(line) // 0x13,0x02 - TLS_AES_256_GCM_SHA384 - …
		var hi, lo uint16
		if len(words) < 3 || strings.Contains(line, "PSK") || strings.Contains(line, "SRP") {
			continue
		}
		if _, err := fmt.Sscanf(words[0], "0x%x,0x%x", &hi, &lo); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		seen++
		if got := cipherName(hi<<8 | lo); got != words[2] {
			t.Errorf("%s is %s here, and %s to openssl", words[0], got, words[2])
		}
	}
	if seen < 50 {
		t.Errorf("openssl told only %d names", seen)
	}
}
