package sonde

import (
	"net/netip"
	"testing"
)

func TestClassOf(t *testing.T) {
	tests := []struct {
		class AddressClass
		addrs []string
	}{
		{GlobalAddress, []string{
			"1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0",
			"126.255.255.255", "128.0.0.0", "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0",
			"192.0.0.9", "192.0.0.10", "192.0.1.0", "192.31.196.1", "192.52.193.1", "192.167.255.255", "192.169.0.0",
			"192.175.48.1", "198.17.255.255", "198.20.0.0", "203.0.112.255", "223.255.255.255",
			"2a00:1450:4001:80e::200e", "2000::1", "2606:4700::1111", "2620:4f:8000::1", "2001:200::1",
			"2001:1::1", "2001:3::1", "2001:4:112::1", "2001:20::1", "2001:4860:4860::8888",
			"::ffff:1.1.1.1", "64:ff9b::101:101", "2002:808:808::1",
		}},
		{PrivateAddress, []string{
			"0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.255.255.255",
			"169.254.1.1", "172.16.0.0", "172.31.255.255", "192.0.0.1", "192.0.0.8", "192.0.0.170", "192.0.2.1",
			"192.88.99.1", "192.168.0.0", "198.18.0.0", "198.19.255.255", "198.51.100.1", "203.0.113.9", "240.0.0.1",
			"::1", "fc00::1", "fdff::1", "fe80::1", "fe80::1%eth0", "fec0::1", "100::1", "2001:2::1", "2001:10::1",
			"2001:db8::1", "3fff::1", "3fff:fff::1", "4000::1", "5f00::1", "64:ff9b:1::1", "::ffff:10.0.0.1",
			"64:ff9b::a00:1", "64:ff9b::7f00:1", "2002:a00:1::1", "2002:7f00:1::", "::7f00:1", "::808:808",
		}},
		{NeverAddress, []string{
			"0.0.0.0", "::", "255.255.255.255", "224.0.0.1", "239.255.255.255", "ff02::1", "ff0e::1",
			"169.254.169.254", "169.254.170.2", "100.100.100.200", "192.0.0.192", "168.63.129.16",
			"fd00:ec2::254", "fd20:ce::254", "fd00:ec2::254%eth0",
			"::ffff:169.254.169.254", "::ffff:0.0.0.0", "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::1", "::a9fe:a9fe",
			"64:ff9b:1::a9fe:a9fe", "64:ff9b:1:a9fe:a9:fe00::",
		}},
	}
	for _, test := range tests {
		for _, text := range test.addrs {
			if got := ClassOf(netip.MustParseAddr(text)); got != test.class {
				t.Errorf("ClassOf(%s) = %s, want %s", text, got, test.class)
			}
		}
	}
	if got := ClassOf(netip.Addr{}); got != NeverAddress {
		t.Errorf("ClassOf of no address = %s, want %s", got, NeverAddress)
	}
}

// TestClassOfTeredo: a Teredo address is no freer than its server and its client.
func TestClassOfTeredo(t *testing.T) {
	tests := []struct {
		server, client string
		want           AddressClass
	}{
		{"8.8.8.8", "1.1.1.1", GlobalAddress},
		{"8.8.8.8", "192.168.0.1", PrivateAddress},
		{"10.0.0.1", "1.1.1.1", PrivateAddress},
		{"8.8.8.8", "169.254.169.254", NeverAddress},
		{"169.254.169.254", "127.0.0.1", NeverAddress},
		{"0.0.0.0", "1.1.1.1", NeverAddress},
	}
	for _, test := range tests {
		b := [16]byte{0x20, 0x01}
		server, client := netip.MustParseAddr(test.server).As4(), netip.MustParseAddr(test.client).As4()
		copy(b[4:], server[:])
		for i, octet := range client {
			b[12+i] = ^octet
		}
		if got := ClassOf(netip.AddrFrom16(b)); got != test.want {
			t.Errorf("Teredo server %s, client %s: %s, want %s", test.server, test.client, got, test.want)
		}
	}
}

// TestBlocksHaveTheirExceptionsFirst: a block that lies in an earlier one of
// another class would never be reached.
func TestBlocksHaveTheirExceptionsFirst(t *testing.T) {
	for _, blocks := range [][]block{blocks4, blocks6} {
		for i, b := range blocks {
			for _, earlier := range blocks[:i] {
				if earlier.prefix.Bits() <= b.prefix.Bits() && earlier.prefix.Contains(b.prefix.Addr()) {
					t.Errorf("%s is never reached: %s comes before it", b.prefix, earlier.prefix)
				}
			}
		}
	}
}
