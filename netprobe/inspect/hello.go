package inspect

import (
	"crypto/rand"
	"crypto/tls"

	"golang.org/x/crypto/cryptobyte"
)

// The versions of the record and handshake protocols.
const (
	versionSSL3  = 0x0300
	versionTLS10 = 0x0301
	versionTLS11 = 0x0302
	versionTLS12 = 0x0303
	versionTLS13 = 0x0304
)

// versions are those that are asked for, the oldest first.
var versions = []uint16{versionSSL3, versionTLS10, versionTLS11, versionTLS12, versionTLS13}

// groups are the key exchange groups that are asked for, those to be wished for first.
var groups = []tls.CurveID{
	0x11ec, 0x11eb, 0x11ed, // X25519MLKEM768, SecP256r1MLKEM768, SecP384r1MLKEM1024
	0x6399,                 // the draft that came before them
	0x0200, 0x0201, 0x0202, // ML-KEM alone
	0x001d, 0x0017, 0x0018, 0x0019, 0x001e, // x25519, secp256r1, secp384r1, secp521r1, x448
	0x001f, 0x0020, 0x0021, // Brainpool (RFC 8734)
	0x0100, 0x0101, 0x0102, // ffdhe2048, ffdhe3072, ffdhe4096
}

// signatures are the signature algorithms that a hello offers: all that certificates
// are met with, the bad ones too.
var signatures = []uint16{
	0x0403, 0x0503, 0x0603, // ECDSA with SHA-2
	0x0807, 0x0808, // Ed25519, Ed448
	0x0804, 0x0805, 0x0806, 0x0809, 0x080a, 0x080b, // RSA-PSS
	0x0401, 0x0501, 0x0601, 0x0301, 0x0303, // RSA PKCS #1 and ECDSA with SHA-2
	0x0402, 0x0502, 0x0602, 0x0302, // DSA with SHA-2
	0x0203, 0x0201, 0x0202, 0x0101, // SHA-1, MD5
}

// The extensions of a hello.
const (
	extensionServerName  = 0
	extensionStatus      = 5
	extensionGroups      = 10
	extensionPoints      = 11
	extensionSignatures  = 13
	extensionVersions    = 43
	extensionPSKModes    = 45
	extensionKeyShare    = 51
	handshakeClientHello = 1
	recordHandshake      = 22
	recordAlert          = 21
)

// A hello is a ClientHello to be made by hand, because crypto/tls offers neither every
// suite nor a choice of those of TLS 1.3.
type hello struct {
	version uint16 // the newest that is offered; of TLS 1.3 the only one
	ciphers []uint16
	groups  []tls.CurveID
	host    string // what server_name names; "": it is left out
}

// record is the hello in a record of its own (RFC 5246 sections 6.2.1 and 7.4.1.2, RFC
// 8446 section 4.1.2, RFC 6101 for SSLv3).
func (h hello) record() []byte {
	var b cryptobyte.Builder
	b.AddUint8(recordHandshake)
	b.AddUint16(min(h.version, versionTLS10)) // old servers refuse records of a version that they do not know
	b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) {
		b.AddUint8(handshakeClientHello)
		b.AddUint24LengthPrefixed(h.body)
	})
	return b.BytesOrPanic()
}

func (h hello) body(b *cryptobyte.Builder) {
	var random [64]byte
	rand.Read(random[:])
	b.AddUint16(min(h.version, versionTLS12))
	b.AddBytes(random[:32])
	b.AddUint8LengthPrefixed(func(b *cryptobyte.Builder) {
		if h.version >= versionTLS13 { // as middleboxes want it (RFC 8446, appendix D.4)
			b.AddBytes(random[32:])
		}
	})
	b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) { addAll(b, h.ciphers) })
	b.AddUint8LengthPrefixed(func(b *cryptobyte.Builder) { b.AddUint8(0) }) // no compression
	if h.version > versionSSL3 {
		b.AddUint16LengthPrefixed(h.extensions)
	}
}

func (h hello) extensions(b *cryptobyte.Builder) {
	if h.host != "" {
		addExtension(b, extensionServerName, func(b *cryptobyte.Builder) {
			b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) {
				b.AddUint8(0) // a host name
				b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes([]byte(h.host)) })
			})
		})
	}
	addExtension(b, extensionStatus, func(b *cryptobyte.Builder) { b.AddBytes([]byte{1, 0, 0, 0, 0}) })
	addExtension(b, extensionGroups, func(b *cryptobyte.Builder) {
		b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) { addAll(b, h.groups) })
	})
	addExtension(b, extensionPoints, func(b *cryptobyte.Builder) { b.AddBytes([]byte{1, 0}) })
	if h.version >= versionTLS12 {
		addExtension(b, extensionSignatures, func(b *cryptobyte.Builder) {
			b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) { addAll(b, signatures) })
		})
	}
	if h.version >= versionTLS13 {
		h.extensions13(b)
	}
}

// extensions13 are those of TLS 1.3. No key is shared in advance, so that the server
// says which group it wants (RFC 8446, section 4.2.8), and no key needs to be made.
func (h hello) extensions13(b *cryptobyte.Builder) {
	addExtension(b, extensionVersions, func(b *cryptobyte.Builder) {
		b.AddUint8LengthPrefixed(func(b *cryptobyte.Builder) { b.AddUint16(h.version) })
	})
	addExtension(b, extensionPSKModes, func(b *cryptobyte.Builder) { b.AddBytes([]byte{1, 1}) })
	addExtension(b, extensionKeyShare, func(b *cryptobyte.Builder) { b.AddUint16(0) })
}

func addExtension(b *cryptobyte.Builder, number uint16, content cryptobyte.BuilderContinuation) {
	b.AddUint16(number)
	b.AddUint16LengthPrefixed(content)
}

func addAll[N ~uint16](b *cryptobyte.Builder, numbers []N) {
	for _, n := range numbers {
		b.AddUint16(uint16(n))
	}
}
