//go:build linux

package daemons

import (
	"context"
	"fmt"
	"net"
	"os"
	"runtime"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// ntpsec serves on port 123 and no other, so it gets a network of its own and a relay
// to it.
func ntpsec(_ context.Context, b *box, _ *syscall.Credential) ([]string, error) {
	config, err := b.write("ntp.conf", "tos orphan 5\nrestrict default nomodify\n")
	ntpd := fmt.Sprintf("ip link set lo up && exec ntpd -n -l /dev/stderr -c %s -f %s/drift", config, b.dir)
	return []string{"unshare", "--net", "sh", "-c", ntpd}, err
}

// reachNTP opens a relay to the server in its network, and waits until an answer
// comes through it.
func reachNTP(ctx context.Context, b *box, daemons []Daemon) error {
	return b.await(ctx, func() bool {
		inner, err := dialWithin(b.process.Process.Pid, "127.0.0.1:123")
		if err != nil {
			return false
		}
		question := make([]byte, 48)
		question[0] = 4<<3 | 3 // a client's packet, RFC 5905
		if exchange(inner, question) == nil {
			inner.Close()
			return false
		}
		b.relay, err = newRelay(inner)
		if err == nil {
			daemons[0].Address = b.relay.outer.LocalAddr().String()
		}
		return err == nil
	})
}

// dialWithin opens a socket to an address of the network that a process has. The
// thread goes there and comes back: it must not end, because the servers that it
// started are told to end with it.
func dialWithin(pid int, address string) (net.Conn, error) {
	home, err := os.Open("/proc/self/ns/net")
	if err != nil {
		return nil, err
	}
	defer home.Close()
	network, err := os.Open(fmt.Sprintf("/proc/%d/ns/net", pid))
	if err != nil {
		return nil, err
	}
	defer network.Close()
	runtime.LockOSThread()
	if err := unix.Setns(int(network.Fd()), unix.CLONE_NEWNET); err != nil {
		runtime.UnlockOSThread()
		return nil, err
	}
	conn, err := net.Dial("udp", address)
	if err := unix.Setns(int(home.Fd()), unix.CLONE_NEWNET); err != nil {
		panic(err) // nothing else may run on this thread
	}
	runtime.UnlockOSThread()
	return conn, err
}

// exchange sends a datagram and returns the answer, nil when none comes.
func exchange(conn net.Conn, question []byte) []byte {
	conn.SetDeadline(time.Now().Add(500 * time.Millisecond))
	if _, err := conn.Write(question); err != nil {
		return nil
	}
	answer := make([]byte, 64<<10)
	n, err := conn.Read(answer)
	if err != nil {
		return nil
	}
	return answer[:n]
}

// relay passes datagrams to a socket in another network and the answers back.
type relay struct {
	outer net.PacketConn
	inner net.Conn
	done  sync.WaitGroup
}

func newRelay(inner net.Conn) (*relay, error) {
	outer, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	r := &relay{outer: outer, inner: inner}
	r.done.Go(r.run)
	return r, nil
}

func (r *relay) run() {
	question := make([]byte, 64<<10)
	for {
		n, asker, err := r.outer.ReadFrom(question)
		if err != nil {
			return
		}
		if answer := exchange(r.inner, question[:n]); answer != nil {
			r.outer.WriteTo(answer, asker)
		}
	}
}

func (r *relay) close() {
	r.outer.Close()
	r.done.Wait()
	r.inner.Close()
}
