package sonde

// Failure says why an attempt gave no usable answer, from one closed list. It is
// finer than [Outcome]; [Failure.Outcome] tells which outcome it belongs to.
type Failure string

// The failures.
const (
	NoFailure Failure = ""

	NXDomain   Failure = "nxdomain"    // the name does not exist
	ServFail   Failure = "servfail"    // the resolver could not find out
	NoAddress  Failure = "no_address"  // the name exists and has no address
	DNSTimeout Failure = "dns_timeout" // the resolver did not answer in time
	NoRecord   Failure = "no_record"   // the name exists and has no record of the type

	DNSMalformed Failure = "dns_malformed" // what came is not DNS as RFC 1035 has it, or answers another question

	Refused        Failure = "refused"         // the port is closed
	Reset          Failure = "reset"           // the peer broke the connection
	Unreachable    Failure = "unreachable"     // no route to the host
	EmptyReply     Failure = "empty_reply"     // closed before a byte of an answer
	ConnectFailed  Failure = "connect_failed"  // another failure to connect
	ConnectTimeout Failure = "connect_timeout" // no connection in time

	CertExpired   Failure = "cert_expired"    // the certificate's time is over
	CertNotYet    Failure = "cert_not_yet"    // the certificate's time has not come
	CertName      Failure = "cert_name"       // the certificate is for other names
	CertUntrusted Failure = "cert_untrusted"  // no chain to a trusted root
	CertInvalid   Failure = "cert_invalid"    // another fault of the certificate
	Handshake     Failure = "handshake"       // the TLS handshake failed
	NotTLS        Failure = "not_tls"         // what answers does not speak TLS
	TLSTimeout    Failure = "tls_timeout"     // no handshake in time
	HeaderTimeout Failure = "header_timeout"  // no header in time
	BodyTimeout   Failure = "body_timeout"    // the body came too slowly
	Malformation  Failure = "malformed"       // not HTTP as RFC 9112 and 9113 have it
	HeaderTooBig  Failure = "header_too_big"  // more header than the limit
	BadEncoding   Failure = "bad_encoding"    // Content-Encoding cannot be undone
	ShortBody     Failure = "short_body"      // fewer bytes than announced
	BadLocation   Failure = "bad_location"    // a redirect without a usable Location
	RedirectLoop  Failure = "redirect_loop"   // redirects lead back here
	RedirectLimit Failure = "redirect_limit"  // the last of MaxRedirects hops points on
	ProxyFailed   Failure = "proxy"           // the configured proxy did not do its part
	Forbidden     Failure = "blocked_address" // the address guard said no
	Crash         Failure = "crash"           // Sonde panicked on it
	Poison        Failure = "poison"          // the process died on it three times
)

// Outcome tells which outcome a visit with this failure has when nothing usable
// came. NoFailure has none.
func (f Failure) Outcome() Outcome {
	switch f {
	case NoFailure:
		return ""
	case NXDomain, ServFail, NoAddress, DNSTimeout, NoRecord, DNSMalformed:
		return DNSError
	case Refused, Reset, Unreachable, EmptyReply, ConnectFailed, ProxyFailed:
		return ConnectError
	case CertExpired, CertNotYet, CertName, CertUntrusted, CertInvalid, Handshake, NotTLS:
		return TLSError
	case ConnectTimeout, TLSTimeout, HeaderTimeout, BodyTimeout:
		return Timeout
	case Forbidden:
		return BlockedAddress
	case Crash, Poison:
		return InternalError
	}
	return ProtocolError
}

// Transient reports whether asking again soon may give another answer.
func (f Failure) Transient() bool {
	switch f {
	case ServFail, DNSTimeout, Reset, EmptyReply, ConnectFailed, ConnectTimeout,
		TLSTimeout, HeaderTimeout, BodyTimeout, ShortBody:
		return true
	}
	return false
}

// TransientStatus reports whether an HTTP status asks to be tried again.
func TransientStatus(status int) bool {
	switch status {
	case 408, 425, 429, 500, 502, 503, 504:
		return true
	}
	return false
}
