// Package loopback finds ports of loopback for the servers of tests and benchmarks that have
// to be told theirs. A server of our own listens on port 0 instead.
package loopback

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
)

// The ports that are given lie below those which a kernel hands out of itself, from 32768
// on Linux and 49152 elsewhere (RFC 6335, section 6): such a port may go to anybody
// between being found free and being opened, and two servers that share theirs
// (SO_REUSEPORT) would not even notice.
const first, last = 10_000, 32_767

// given are the ports that [FreePort] gave, none of them twice: a server may not have opened
// its own before the next asks.
var given sync.Map

// FreePort is a port that nobody has on 127.0.0.1, for TCP and UDP.
func FreePort() (int, error) {
	for range 1000 {
		port := first + rand.IntN(last-first+1)
		if _, before := given.LoadOrStore(port, true); !before && unused(port) {
			return port, nil
		}
	}
	return 0, errors.New("1,000 ports of 127.0.0.1 were tried, and none is free")
}

func unused(port int) bool {
	address := fmt.Sprintf("127.0.0.1:%d", port)
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return false
	}
	defer listener.Close()
	packets, err := net.ListenPacket("udp", address)
	if err != nil {
		return false
	}
	packets.Close()
	return true
}
