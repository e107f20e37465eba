// Package resolve asks the DNS what names stand for.
//
// A [Resolver] asks as the system is configured (resolv.conf, the hosts file) or asks
// one named server over UDP, TLS or HTTPS. [Resolver.Ask] asks one question,
// [Resolver.All] many at once, and every question ends in a [sonde.DNSAnswer]: that
// nobody answered is an answer too. [Resolver.Trace] goes the way from the root servers
// down instead.
//
// The way of a question:
//
//	name.go        what people type, as names of the DNS
//	system.go      hosts file and search list first       hosts.go, resolvconf.go
//	resolve.go     one server after the other, with tries
//	server.go      which way to a server                  datagram.go, stream.go, https.go
//	all.go         many questions, in their order          burst.go
//	message.go     questions to bytes, bytes to replies; the only file that knows the
//	               library                                 brief.go
//	answer.go      a reply to an answer: the chain of aliases, and why there is no record
//
// Replies are strangers' bytes. One that has another id or question than was asked, that
// lies about its lengths or leads in circles is refused; over UDP the wait for the right
// one goes on.
package resolve
