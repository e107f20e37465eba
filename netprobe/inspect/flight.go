package inspect

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/crypto/cryptobyte"
)

// A flight is what a server answers to a hello, as far as it is in the clear: of TLS
// 1.3 that is its hello alone.
type flight struct {
	version uint16
	cipher  uint16
	group   tls.CurveID // 0 where the key exchange has none
	chain   [][]byte    // certificates in DER, the leaf first
	staple  []byte      // an OCSP response in DER
}

// Handshake messages of a server.
const (
	messageServerHello       = 2
	messageCertificate       = 11
	messageServerKeyExchange = 12
	messageRequest           = 13
	messageDone              = 14
	messageStatus            = 22
)

// Limits of what is read.
const (
	maxFlight = 512 << 10
	maxRecord = 1<<14 + 1<<11 // RFC 5246, section 6.2.3
)

// errNotTLS says that what came is no record of TLS.
var errNotTLS = errors.New("what answers does not speak TLS")

// An alertError is a fatal alert of the peer.
type alertError uint8

func (e alertError) Error() string {
	return "it answers with the alert " + strings.TrimPrefix(tls.AlertError(e).Error(), "tls: ")
}

// readHello reads a server's hello and nothing behind it.
func readHello(r io.Reader) (flight, error) {
	return (&messages{in: r}).hello()
}

// readFlight reads a server's hello and all that follows it in the clear.
func readFlight(r io.Reader) (flight, error) {
	m := &messages{in: r}
	f, err := m.hello()
	for err == nil && f.version < versionTLS13 {
		var kind uint8
		var body cryptobyte.String
		if kind, body, err = m.next(); err != nil || kind == messageDone {
			break
		}
		err = f.take(kind, body)
	}
	return f, err
}

// messages cuts the records of a connection into handshake messages.
type messages struct {
	in   io.Reader
	rest cryptobyte.String // read, and not yet handed out
	read int               // bytes of records, in all
}

func (m *messages) hello() (flight, error) {
	kind, body, err := m.next()
	if err != nil {
		return flight{}, err
	}
	if kind != messageServerHello {
		return flight{}, fmt.Errorf("a hello was to come, and message %d did", kind)
	}
	return parseServerHello(body)
}

// next returns the next message.
func (m *messages) next() (kind uint8, body cryptobyte.String, err error) {
	for {
		s := m.rest
		if s.ReadUint8(&kind) && s.ReadUint24LengthPrefixed(&body) {
			m.rest = s
			return kind, body, nil
		}
		record, err := m.record()
		if err != nil {
			return 0, nil, err
		}
		m.rest = append(m.rest, record...) // behind all that was handed out
	}
}

// record reads the content of one handshake record. An alert is an error.
func (m *messages) record() ([]byte, error) {
	var header [5]byte
	if _, err := io.ReadFull(m.in, header[:]); err != nil {
		return nil, err
	}
	kind, length := header[0], int(header[3])<<8|int(header[4])
	if kind != recordHandshake && kind != recordAlert || header[1] != 3 || length > maxRecord || length == 0 {
		return nil, errNotTLS
	}
	if m.read += length; m.read > maxFlight {
		return nil, fmt.Errorf("more than %d bytes came before the handshake went on", maxFlight)
	}
	content := make([]byte, length)
	if _, err := io.ReadFull(m.in, content); err != nil {
		return nil, noEOF(err)
	}
	if kind == recordAlert {
		return nil, alertOf(content)
	}
	return content, nil
}

// noEOF tells an end in the middle from one at the beginning.
func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// alertOf is the error of an alert. Warnings are as good as fatal to one who only asks.
func alertOf(content []byte) error {
	if len(content) != 2 {
		return errNotTLS
	}
	return alertError(content[1])
}

// errMalformed says that a message is not as the standard has it.
var errMalformed = errors.New("the server's handshake is malformed")

// parseServerHello reads a ServerHello, or what in TLS 1.3 stands for a
// HelloRetryRequest (RFC 8446, section 4.1.3 and 4.1.4).
func parseServerHello(s cryptobyte.String) (flight, error) {
	var f flight
	var session cryptobyte.String
	if !s.ReadUint16(&f.version) || !s.Skip(32) || !s.ReadUint8LengthPrefixed(&session) ||
		!s.ReadUint16(&f.cipher) || !s.Skip(1) {
		return flight{}, errMalformed
	}
	if s.Empty() {
		return f, nil
	}
	var extensions cryptobyte.String
	if !s.ReadUint16LengthPrefixed(&extensions) || !s.Empty() {
		return flight{}, errMalformed
	}
	for !extensions.Empty() {
		var number uint16
		var body cryptobyte.String
		if !extensions.ReadUint16(&number) || !extensions.ReadUint16LengthPrefixed(&body) || !f.extend(number, body) {
			return flight{}, errMalformed
		}
	}
	return f, nil
}

// extend takes an extension of the hello in.
func (f *flight) extend(number uint16, body cryptobyte.String) bool {
	switch number {
	case extensionVersions:
		return body.ReadUint16(&f.version)
	case extensionKeyShare: // a share, or the mere name of a group
		return body.ReadUint16((*uint16)(&f.group))
	}
	return true
}

// take takes a message behind the hello in.
func (f *flight) take(kind uint8, body cryptobyte.String) error {
	ok := true
	switch kind {
	case messageCertificate:
		f.chain, ok = parseChain(body)
	case messageStatus:
		f.staple, ok = parseStatus(body)
	case messageServerKeyExchange:
		ok = !f.elliptic() || f.takeCurve(body)
	case messageRequest:
	default:
		return fmt.Errorf("message %d came, which has no place there", kind)
	}
	if !ok {
		return errMalformed
	}
	return nil
}

// parseChain reads a Certificate message of TLS 1.2 or older (RFC 5246, section 7.4.2).
func parseChain(s cryptobyte.String) (chain [][]byte, ok bool) {
	var list cryptobyte.String
	if !s.ReadUint24LengthPrefixed(&list) || !s.Empty() {
		return nil, false
	}
	for !list.Empty() {
		var der cryptobyte.String
		if !list.ReadUint24LengthPrefixed(&der) {
			return nil, false
		}
		chain = append(chain, der)
	}
	return chain, true
}

// parseStatus reads a CertificateStatus message (RFC 6066, section 8).
func parseStatus(s cryptobyte.String) (staple []byte, ok bool) {
	var kind uint8
	var response cryptobyte.String
	ok = s.ReadUint8(&kind) && kind == 1 && s.ReadUint24LengthPrefixed(&response)
	return response, ok
}

// elliptic reports whether the key exchange is over a curve.
func (f *flight) elliptic() bool { return strings.HasPrefix(cipherName(f.cipher), "TLS_ECDH") }

// takeCurve reads the curve of a ServerKeyExchange (RFC 8422, section 5.4).
func (f *flight) takeCurve(s cryptobyte.String) bool {
	const named = 3
	var kind uint8
	return s.ReadUint8(&kind) && (kind != named || s.ReadUint16((*uint16)(&f.group)))
}

// certificates parses the chain.
func (f *flight) certificates() ([]*x509.Certificate, error) {
	parsed := make([]*x509.Certificate, len(f.chain))
	for i, der := range f.chain {
		c, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, fmt.Errorf("reading the certificate: %w", err)
		}
		parsed[i] = c
	}
	return parsed, nil
}
