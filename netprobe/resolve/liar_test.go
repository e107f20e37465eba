package resolve

import (
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"sonde"
)

// script says what a server sends for a question that came over "udp" or "tcp"; nil: it
// is silent.
type script func(network string, question []byte) []byte

// serve answers by a script on loopback, over UDP and TCP on one port.
func serve(t testing.TB, answer script) (address string) {
	t.Helper()
	stream, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	packets, err := net.ListenPacket("udp", stream.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() { serveUDP(packets, answer) })
	serving.Go(func() { serveTCP(stream, answer) })
	t.Cleanup(func() {
		stream.Close()
		packets.Close()
		serving.Wait()
	})
	return stream.Addr().String()
}

func serveUDP(conn net.PacketConn, answer script) {
	buffer := make([]byte, 1500)
	for {
		n, from, err := conn.ReadFrom(buffer)
		if err != nil {
			return
		}
		if message := answer("udp", buffer[:n]); message != nil {
			conn.WriteTo(message, from)
		}
	}
}

// serveTCP answers one connection after the other. What the script gives is sent as it
// is, its length before it included.
func serveTCP(listener net.Listener, answer script) {
	for {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		conn.SetDeadline(time.Now().Add(10 * time.Second))
		var length [2]byte
		if _, err := io.ReadFull(conn, length[:]); err == nil {
			question := make([]byte, binary.BigEndian.Uint16(length[:]))
			if _, err := io.ReadFull(conn, question); err == nil {
				conn.Write(answer("tcp", question))
			}
		}
		conn.Close()
	}
}

// reply makes the reply to a question out of the bytes of its records.
func replyTo(question []byte, answers int, records ...string) []byte {
	end := headerSize + strings.IndexByte(string(question[headerSize:]), 0) + 5
	b := append([]byte{}, question[:end]...)
	b[2], b[3] = 0x81, 0x80
	clear(b[6:headerSize])
	b[7] = byte(answers)
	return append(b, strings.Join(records, "")...)
}

// framed puts the length before a message.
func framed(message []byte) []byte {
	return append(binary.BigEndian.AppendUint16(nil, uint16(len(message))), message...)
}

const (
	asked    = "\xc0\x0c"                                                         // the name in the question
	recordA  = asked + "\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\xc0\x00\x02\x01" // 192.0.2.1 for a minute
	toItself = asked + "\x00\x05\x00\x01\x00\x00\x00\x3c\x00\x02" + asked
)

// cname is a record that leads from a name of one label to another.
func cname(from, to string) string {
	name := func(label string) string { return string(rune(len(label))) + label + "\x00" }
	return name(from) + "\x00\x05\x00\x01\x00\x00\x00\x3c\x00" + string(rune(len(to)+2)) + name(to)
}

func TestLiesAreRefused(t *testing.T) {
	flip := func(b []byte, at int) []byte { b[at] ^= 0xff; return b }
	for _, c := range []struct {
		name   string
		answer script
		want   sonde.Failure
		detail string
	}{
		{"the truth", func(_ string, q []byte) []byte { return replyTo(q, 1, recordA) }, sonde.NoFailure, ""},
		{"another id", func(_ string, q []byte) []byte { return flip(replyTo(q, 1, recordA), 0) }, sonde.DNSMalformed, "another id"},
		{"another name", func(_ string, q []byte) []byte { b := replyTo(q, 1, recordA); b[headerSize+1] = 'z'; return b }, sonde.DNSMalformed, "another question"},
		{"another type", func(_ string, q []byte) []byte { b := replyTo(q, 1, recordA); b[len(q)-11-3] = 28; return b }, sonde.DNSMalformed, "another question"},
		{"a question", func(_ string, q []byte) []byte { return q }, sonde.DNSMalformed, "a question itself"},
		{"too short", func(_ string, q []byte) []byte { return q[:3] }, sonde.DNSMalformed, "shorter than a header"},
		{"more records than there are", func(_ string, q []byte) []byte { return replyTo(q, 200, recordA) }, sonde.DNSMalformed, "malformed"},
		{"a record longer than the message", func(_ string, q []byte) []byte {
			return replyTo(q, 1, asked+"\x00\x01\x00\x01\x00\x00\x00\x3c\xff\xff\xc0\x00\x02\x01")
		}, sonde.DNSMalformed, "malformed"},
		{"a pointer to itself", func(_ string, q []byte) []byte {
			b := replyTo(q, 1)
			here := byte(len(b))
			return append(b, "\xc0"+string([]byte{here})+"\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\xc0\x00\x02\x01"...)
		}, sonde.DNSMalformed, "malformed"},
		{"an alias of itself", func(_ string, q []byte) []byte { return replyTo(q, 1, toItself) }, sonde.DNSMalformed, "in a circle"},
		{"aliases in a circle", func(_ string, q []byte) []byte {
			return replyTo(q, 3, asked+"\x00\x05\x00\x01\x00\x00\x00\x3c\x00\x03\x01b\x00", cname("b", "c"), cname("c", "b"))
		}, sonde.DNSMalformed, "in a circle"},
		{"silence", func(string, []byte) []byte { return nil }, sonde.DNSTimeout, "no answer came in time"},
		{"no such name", func(_ string, q []byte) []byte { b := replyTo(q, 0); b[3] |= 3; return b }, sonde.NXDomain, "does not exist"},
		{"refusal", func(_ string, q []byte) []byte { b := replyTo(q, 0); b[3] |= 5; return b }, sonde.ServFail, "REFUSED"},
		{"no record", func(_ string, q []byte) []byte { return replyTo(q, 0) }, sonde.NoRecord, "no A record"},
		{"cut, and whole over TCP", func(network string, q []byte) []byte {
			b := replyTo(q, 1, recordA)
			if network == "tcp" {
				return framed(b)
			}
			b[2] |= 2
			return b[:len(b)-3]
		}, sonde.NoFailure, ""},
		{"cut, and shorter than it says over TCP", func(network string, q []byte) []byte {
			b := replyTo(q, 1, recordA)
			if network == "tcp" {
				return append([]byte{0xff, 0xff}, b...)
			}
			b[2] |= 2
			return b
		}, sonde.DNSMalformed, "shorter than it says"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel() // most take the whole patience, which has to do on a busy machine
			r, err := New(Config{Server: serve(t, c.answer), Timeout: time.Second, Tries: 1})
			if c.want == sonde.NoFailure {
				r.config.Timeout = 20 * time.Second
			}
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			a := r.Ask(t.Context(), Question{"www.test", "A"})
			if a.Failure != c.want || !strings.Contains(a.Detail, c.detail) {
				t.Errorf("%q, %s; want %q, %s", a.Failure, a.Detail, c.want, c.detail)
			}
			if c.want == sonde.NoFailure && (len(a.Records) != 1 || a.Records[0].Value != "192.0.2.1" || a.Records[0].TTL != time.Minute) {
				t.Errorf("the records are %+v", a.Records)
			}
		})
	}
}

// TestTheWaitGoesOnAfterForgeries holds that what somebody forges does not keep the
// reply away that comes after it.
func TestTheWaitGoesOnAfterForgeries(t *testing.T) {
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		question := make([]byte, 1500)
		n, from, err := conn.ReadFrom(question)
		if err != nil {
			return
		}
		truth := replyTo(question[:n], 1, recordA)
		otherID, otherName := bytes.Clone(truth), bytes.Clone(truth)
		otherID[0] ^= 0xff
		otherName[headerSize+1] = 'z'
		for _, message := range [][]byte{otherID, otherName, truth[:20], nil, truth} {
			conn.WriteTo(message, from)
		}
	})
	defer serving.Wait()
	defer conn.Close()
	r, err := New(Config{Server: conn.LocalAddr().String(), Timeout: 20 * time.Second, Tries: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if a := r.Ask(t.Context(), Question{"www.test", "A"}); len(a.Records) != 1 {
		t.Errorf("%+v", a)
	}
}

// unheard is a resolver whose server is a port at which nobody listens.
func unheard(t *testing.T) (r *Resolver, address string) {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address = conn.LocalAddr().String()
	conn.Close()
	if r, err = New(Config{Server: address, Timeout: 20 * time.Second}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r, address
}

func TestNobodyListens(t *testing.T) {
	r, address := unheard(t)
	if a := r.Ask(t.Context(), Question{"www.test", "A"}); a.Failure != sonde.Refused || !strings.Contains(a.Detail, "asking "+address) {
		t.Errorf("%q, %s", a.Failure, a.Detail)
	}
}

// TestServersWithoutEDNS holds that a server that does not know EDNS is asked without.
func TestServersWithoutEDNS(t *testing.T) {
	address := serve(t, func(_ string, q []byte) []byte {
		if q[headerSize-1] == 1 { // an OPT record
			return append([]byte{q[0], q[1], 0x81, 0x81}, 0, 0, 0, 0, 0, 0, 0, 0)
		}
		return replyTo(q, 1, recordA)
	})
	r, err := New(Config{Server: address, Timeout: 20 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if a := r.Ask(t.Context(), Question{"www.test", "A"}); len(a.Records) != 1 {
		t.Errorf("%+v", a)
	}
}
