package identify

import "sonde"

// http2Detector knows servers that speak HTTP/2 alone (RFC 9113), as those of gRPC do,
// by the frame of settings with which they answer everything.
var http2Detector = detector{name: "http", greets: true, knows: isHTTP2, ask: askHTTP2}

// http2Preface is what a client begins with: section 3.4, and an empty frame of
// settings.
const (
	http2Preface  = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + "\x00\x00\x00\x04\x00\x00\x00\x00\x00"
	http2Settings = 4
	http2Frame    = 9
)

// isHTTP2 reports whether said begins with a frame of settings: a multiple of six
// bytes, few of them, about the whole connection.
func isHTTP2(said []byte) bool {
	return len(said) >= http2Frame && said[0] == 0 && said[1] == 0 && said[2]%6 == 0 &&
		said[3] == http2Settings && said[4] == 0 && string(said[5:http2Frame]) == "\x00\x00\x00\x00"
}

func askHTTP2(t *talk, s *sonde.Service) bool {
	t.say(http2Preface)
	tell(s, "version", "HTTP/2")
	return isHTTP2(t.bytes(http2Frame))
}
