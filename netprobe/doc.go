// Package netprobe asks hosts questions over the network: what their names resolve
// to, which of their ports are open, what answers there, and what their TLS is like.
// It knows no SQL and no HTML; what it learns it gives back in the words of package
// sonde.
//
// Each package below asks one kind of question:
//
//	resolve   names: the DNS, by the system or by a named server
//	scan      ports: open, closed or filtered
//	identify  services: who answers on an open port
//	inspect   TLS: versions, suites, certificates
//	wire      the two ends of a connection: listen, connect, chat, send, receive
package netprobe
