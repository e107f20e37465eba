// Package scan finds out which ports of hosts are open, closed or filtered, by
// connecting to them: no raw packets and no privileges. It knows no SQL, no flags and
// no protocol; who answers on an open port is asked by whoever is given the
// connection ([Config].Open).
//
// [Run] takes [Target] values (an address and its ports) and reports each port in
// order. What people type becomes targets by [ParseTarget] and [ParsePorts].
//
// One goroutine decides; the files, in the order in which a port meets them:
//
//	target.go       what people type: names, addresses, networks, URLs
//	ports.go top.go lists of ports, and the ports that are asked by default
//	scan.go         the loop: hosts come in, ports are knocked at, answers are reported
//	host.go         one address: whose turn it is, how long to wait, how many at once
//	knock_*.go      one knock: Linux by non-blocking sockets and epoll, others by net.Dialer
//	talk.go         an open port's connection is given to whoever asks who answers
//	pace.go         how many connections a second, those of talks included
//	room.go         what this machine has to give: descriptors, local ports, conntrack
//
// # How a port comes to its state
//
// A connection that comes up is open, a reset is closed, an ICMP error says that
// somebody forbids it or that there is no way. Silence may be a firewall or a lost
// packet, so it is asked again: once soon, because an answer then tells that packets
// get lost, and once more when every port had its turn, long enough for the kernel to
// repeat its SYN (RFC 6298: after 1 s). Where hundreds of answers came and none of them
// late, the first repetition is enough; as long as late answers come, silent ports are
// asked up to [maxAsks] times.
//
// # How fast it goes
//
// Each address has a window of knocks under way that grows with every port settled and
// halves when more than a fifth of the answers come late: a path that is overrun or a
// host that limits its resets is asked more slowly, random loss is not taken for it.
// Below the smallest window knocks are spaced out in time.
package scan
