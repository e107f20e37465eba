//go:build linux && !portable

package scan

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"sonde"
)

// knocker knocks at ports with non-blocking sockets, and hears of their answers by
// epoll. The id of a knock is its socket. It is for one goroutine, wake left aside.
//
// Errors are taken from the sockets' error queues (IP_RECVERR): these tell a firewall
// that prohibits from a host that is not there, where connect says EHOSTUNREACH to
// both, and they have errors that connect itself keeps to itself, which is so for those
// that come before it returns, as on loopback.
type knocker struct {
	epoll  int
	bell   int // an eventfd that wake writes to
	events [256]unix.EpollEvent
	spare  map[int][]int // sockets that were refused at once, by family, to be used again
	zones  map[string]uint32

	// What is used again and again, since a scan makes as many of each as there are ports.
	heard   []answer
	to4     unix.SockaddrInet4
	to6     unix.SockaddrInet6
	control [512]byte
}

// maxSpare bounds the sockets that are kept to be used again.
const maxSpare = 4

func newKnocker() (*knocker, error) {
	epoll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("preparing to scan: %w", os.NewSyscallError("epoll_create1", err))
	}
	bell, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		unix.Close(epoll)
		return nil, fmt.Errorf("preparing to scan: %w", os.NewSyscallError("eventfd", err))
	}
	k := &knocker{epoll: epoll, bell: bell, spare: map[int][]int{}, zones: map[string]uint32{}}
	if err := k.watch(bell, unix.EPOLLIN); err != nil {
		k.close()
		return nil, fmt.Errorf("preparing to scan: %w", err)
	}
	return k, nil
}

func (k *knocker) close() {
	for _, sockets := range k.spare {
		for _, fd := range sockets {
			unix.Close(fd)
		}
	}
	unix.Close(k.bell)
	unix.Close(k.epoll)
}

// wake ends a wait, or the next one. It is safe from any goroutine.
func (k *knocker) wake() {
	_, _ = unix.Write(k.bell, []byte{1, 0, 0, 0, 0, 0, 0, 0})
}

func (k *knocker) watch(fd int, events uint32) error {
	event := unix.EpollEvent{Events: events, Fd: int32(fd)}
	return os.NewSyscallError("epoll_ctl", unix.EpollCtl(k.epoll, unix.EPOLL_CTL_ADD, fd, &event))
}

// knock asks a port. Where the answer is there at once, as on loopback, it is
// returned; "" says that wait will tell, or nothing will come. An error says that this
// machine lacks what it takes, so that the port has to be asked again.
func (k *knocker) knock(_ context.Context, transport sonde.Transport, to netip.AddrPort, questions [][]byte) (id int, reason sonde.PortReason, err error) {
	fd, err := k.socket(transport, to.Addr())
	if err != nil {
		return 0, "", err
	}
	switch transport {
	case sonde.TCP:
		reason, err = k.connect(fd, to)
	case sonde.UDP:
		reason, err = k.send(fd, to, questions)
	}
	switch {
	case err != nil:
		unix.Close(fd)
	case reason == sonde.ByRefusal:
		k.save(fd, to.Addr())
	case reason != "" && stateOf[reason] != sonde.PortOpen:
		unix.Close(fd)
	}
	return fd, reason, err
}

// socket is a non-blocking socket for an address.
func (k *knocker) socket(transport sonde.Transport, to netip.Addr) (int, error) {
	family, kind := familyOf(to), unix.SOCK_STREAM
	if transport == sonde.UDP {
		kind = unix.SOCK_DGRAM
	}
	if spare := k.spare[family]; transport == sonde.TCP && len(spare) > 0 {
		k.spare[family] = spare[:len(spare)-1]
		return spare[len(spare)-1], nil
	}
	fd, err := unix.Socket(family, kind|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, os.NewSyscallError("socket", err)
	}
	return fd, queueErrors(fd, family, true)
}

// save keeps a TCP socket that was refused at once: Linux lets it connect again, which
// takes half the time of a new one. Sockets that epoll watched are not saved.
func (k *knocker) save(fd int, to netip.Addr) {
	family := familyOf(to)
	if len(k.spare[family]) >= maxSpare {
		unix.Close(fd)
		return
	}
	k.spare[family] = append(k.spare[family], fd)
}

func familyOf(a netip.Addr) int {
	if a.Is4() {
		return unix.AF_INET
	}
	return unix.AF_INET6
}

// queueErrors turns the error queue of a socket on or off.
func queueErrors(fd, family int, on bool) error {
	level, option, value := unix.IPPROTO_IP, unix.IP_RECVERR, 0
	if family == unix.AF_INET6 {
		level, option = unix.IPPROTO_IPV6, unix.IPV6_RECVERR
	}
	if on {
		value = 1
	}
	return os.NewSyscallError("setsockopt", unix.SetsockoptInt(fd, level, option, value))
}

// connect begins to connect and looks at once what came of it.
func (k *knocker) connect(fd int, to netip.AddrPort) (sonde.PortReason, error) {
	address := k.sockaddr(to)
	err := unix.Connect(fd, address)
	if err == unix.EINPROGRESS {
		err = unix.Connect(fd, address)
	}
	if isShortage(err) {
		return "", os.NewSyscallError("connect", err)
	}
	if reason := k.connected(fd, err); reason != "" {
		return reason, nil
	}
	return "", k.watch(fd, unix.EPOLLOUT)
}

// connected tells what came of a connection attempt, "" where nothing did yet, from
// what another call of connect says.
func (k *knocker) connected(fd int, err error) sonde.PortReason {
	if err == nil || err == unix.EISCONN {
		return accepted(fd, sonde.ByAccept)
	}
	if reason := k.queuedReason(fd, sonde.TCP); reason != "" {
		return reason
	}
	return reasonOf(err)
}

// accepted is the given reason, unless the socket talks to itself: on loopback a
// connection from a port to the same port comes up where nobody listens.
func accepted(fd int, reason sonde.PortReason) sonde.PortReason {
	own, _ := unix.Getsockname(fd)
	peer, _ := unix.Getpeername(fd)
	if own != nil && peer != nil && addrPortOf(own) == addrPortOf(peer) {
		return sonde.BySelfConnect
	}
	return reason
}

// send sends a datagram from a socket that hears of errors.
func (k *knocker) send(fd int, to netip.AddrPort, questions [][]byte) (sonde.PortReason, error) {
	err := unix.Connect(fd, k.sockaddr(to))
	if err == nil {
		err = writeAll(fd, questions)
	}
	if isShortage(err) {
		return "", os.NewSyscallError("send", err)
	}
	if err != nil {
		return reasonOf(err), nil
	}
	return "", k.watch(fd, unix.EPOLLIN)
}

// writeAll sends datagrams. The second may hear of an error that the first met.
func writeAll(fd int, datagrams [][]byte) error {
	for _, datagram := range datagrams {
		if _, err := unix.Write(fd, datagram); err != nil && err != unix.ECONNREFUSED {
			return err
		}
	}
	return nil
}

// replied tells what came to a datagram's socket. A reply stays there to be read.
func (k *knocker) replied(fd int) sonde.PortReason {
	if reason := k.queuedReason(fd, sonde.UDP); reason != "" {
		return reason
	}
	_, _, err := unix.Recvfrom(fd, make([]byte, 1), unix.MSG_PEEK|unix.MSG_DONTWAIT)
	if err == nil {
		return accepted(fd, sonde.ByReply)
	}
	return reasonOf(err)
}

// queuedReason reads the error queue of a socket until an entry says why the port does
// not answer, "" where none does.
func (k *knocker) queuedReason(fd int, transport sonde.Transport) sonde.PortReason {
	for {
		_, n, _, _, err := unix.Recvmsg(fd, nil, k.control[:], unix.MSG_ERRQUEUE|unix.MSG_DONTWAIT)
		if err != nil {
			return ""
		}
		messages, err := unix.ParseSocketControlMessage(k.control[:n])
		if err != nil {
			return ""
		}
		for _, m := range messages {
			if reason := extendedReason(m, transport); reason != "" {
				return reason
			}
		}
	}
}

// wait returns the answers that are there, or waits for some, but no longer than d.
// The sockets of ports that are not open are closed.
func (k *knocker) wait(d time.Duration) []answer {
	k.heard = k.heard[:0]
	milliseconds := int((max(d, 0) + time.Millisecond - 1) / time.Millisecond)
	n, _ := unix.EpollWait(k.epoll, k.events[:], milliseconds)
	for _, event := range k.events[:max(n, 0)] {
		fd := int(event.Fd)
		if fd == k.bell {
			_, _ = unix.Read(k.bell, make([]byte, 8))
			continue
		}
		reason := k.hear(fd)
		if reason == "" {
			continue
		}
		if stateOf[reason] != sonde.PortOpen {
			unix.Close(fd)
		}
		k.heard = append(k.heard, answer{id: fd, reason: reason})
	}
	return k.heard
}

// hear tells what came of a socket that epoll names.
func (k *knocker) hear(fd int) sonde.PortReason {
	kind, _ := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TYPE)
	if kind == unix.SOCK_DGRAM {
		return k.replied(fd)
	}
	return k.connected(fd, connectError(fd))
}

// connectError is what connect would say if it were called again.
func connectError(fd int) error {
	code, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR)
	switch {
	case err != nil:
		return err
	case code != 0:
		return unix.Errno(code)
	}
	if _, err := unix.Getpeername(fd); err != nil {
		return unix.EALREADY
	}
	return nil
}

// take is the connection of an open port. The caller closes it.
func (k *knocker) take(id int) (net.Conn, error) {
	_ = unix.EpollCtl(k.epoll, unix.EPOLL_CTL_DEL, id, nil)
	family, _ := unix.GetsockoptInt(id, unix.SOL_SOCKET, unix.SO_DOMAIN)
	_ = queueErrors(id, family, false)
	file := os.NewFile(uintptr(id), "connection")
	defer file.Close()
	return net.FileConn(file)
}

// drop forgets a knock that was not answered.
func (k *knocker) drop(id int) { unix.Close(id) }

// sockaddr is an address as the kernel takes it.
func (k *knocker) sockaddr(to netip.AddrPort) unix.Sockaddr {
	if to.Addr().Is4() {
		k.to4.Port, k.to4.Addr = int(to.Port()), to.Addr().As4()
		return &k.to4
	}
	k.to6.Port, k.to6.Addr, k.to6.ZoneId = int(to.Port()), to.Addr().As16(), k.zone(to.Addr().Zone())
	return &k.to6
}

// zone is the number of a network interface.
func (k *knocker) zone(name string) uint32 {
	if name == "" {
		return 0
	}
	if index, known := k.zones[name]; known {
		return index
	}
	index, err := strconv.ParseUint(name, 10, 32)
	if nic, lookup := net.InterfaceByName(name); err != nil && lookup == nil {
		index = uint64(nic.Index)
	}
	k.zones[name] = uint32(index)
	return uint32(index)
}

func addrPortOf(a unix.Sockaddr) netip.AddrPort {
	switch a := a.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(a.Addr), uint16(a.Port))
	case *unix.SockaddrInet6:
		return netip.AddrPortFrom(netip.AddrFrom16(a.Addr), uint16(a.Port))
	}
	return netip.AddrPort{}
}
