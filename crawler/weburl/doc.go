// Package weburl reads URLs as the WHATWG URL Standard has them and brings them
// into the one canonical form under which Sonde knows a URL.
//
// The parts, in the order in which a reference meets them:
//
//   - resolve.go: [Canonicalizer.Resolve] answers at once for references that are
//     in canonical form already, as most are.
//   - standard.go, path.go, host.go: the standard's parser for http and https,
//     which answers for all others. Its time grows with the length of the text
//     only, whatever the text.
//   - canonical.go, params.go: what canonical form asks beyond the standard.
//   - parts.go, shape.go, trap.go: what the crawl asks about a canonical URL.
//   - typed.go: what a person typed, completed to a URL.
//   - parse.go: the standard for every scheme, without canonical form.
//
// # Canonical form
//
// Canonical form is the standard's serialisation, and then:
//
//   - no fragment, no user name and no password;
//   - no dot at the end of the host;
//   - percent-encoding in upper case, and only where an octet is not unreserved
//     (RFC 3986, section 6.2.2);
//   - no ;jsessionid=… in the path, none of the query parameters that the
//     Canonicalizer drops, no empty parameters and no empty query.
//
// The order of the parameters stays, for a server may read it. Canonical form is
// stable: bringing a canonical URL into canonical form gives the same URL.
//
// # Bytes that are not UTF-8
//
// The standard is written for text. A reference from a header may hold other
// bytes: in path, query and fragment they are percent-encoded as they stand, so
// that the request asks for what the server named.
package weburl
