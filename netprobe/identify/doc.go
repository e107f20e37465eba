// Package identify tells who answers on an open port: which protocol is spoken
// there, and which product in which version speaks it, as far as it says so before
// anybody has logged in. Nothing here logs in, and nothing tries what it should not.
//
// The port's number decides nothing; it only says what is tried first. The way to an
// answer ([Service]):
//
//  1. what the server says by itself, waited for longer where the port is usually
//     one of a protocol whose servers speak first
//  2. HTTP; then TLS, and within it everything again
//  3. the questions of the other protocols, the likeliest first
//
// Whatever comes back is shown to all detectors, so that a wrong question often
// leads to the right one. The connection that found the port open is used first; a
// new one is dialled only for a question that cannot share it. A question that gets no
// answer goes on listening while the next is asked.
//
// Each protocol is a [detector] in a file of its own: what its first bytes look like,
// and how to ask it. The patterns are written from the documents named in each file.
// For UDP, [Questions] and [Reply] do the same with datagrams.
//
// The rest: search.go holds the order, talk.go reads and writes on one connection
// within limits of size and time, secure.go makes TLS handshakes. mark.go finds products
// in texts; packet.go, ber.go, ntlm.go and message.go read what several protocols share.
package identify
