package loopback

import (
	"fmt"
	"net"
	"testing"
)

// TestFreePort: what is given can be opened for both protocols, and is given once.
func TestFreePort(t *testing.T) {
	seen := map[int]bool{}
	for range 200 {
		port, err := FreePort()
		if err != nil {
			t.Fatal(err)
		}
		if seen[port] || port < first || port > last {
			t.Errorf("%d is given twice, or may be the kernel's to give", port)
		}
		seen[port] = true
	}
}

func TestUnused(t *testing.T) {
	port, err := FreePort()
	if err != nil {
		t.Fatal(err)
	}
	address := fmt.Sprintf("127.0.0.1:%d", port)
	listener, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	if unused(port) {
		t.Error("a port is free that a server has for TCP")
	}
	listener.Close()
	if !unused(port) {
		t.Error("a port is not free that nobody has any more")
	}
	packets, err := net.ListenPacket("udp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer packets.Close()
	if unused(port) {
		t.Error("a port is free that a server has for UDP")
	}
}
