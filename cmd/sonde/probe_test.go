package main

import (
	"fmt"
	"io"
	"net"
	"net/netip"
	"testing"
)

// greeter greets everybody on a free port of this machine, until the test ends.
func greeter(t *testing.T, greeting string) netip.AddrPort {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			_, _ = io.WriteString(conn, greeting)
			conn.Close()
		}
	}()
	t.Cleanup(func() {
		listener.Close()
		<-done
	})
	return netip.MustParseAddrPort(listener.Addr().String())
}

func TestProbe(t *testing.T) {
	c := newCaller(t)
	at := greeter(t, "220 mail.example ESMTP Postfix\r\n")
	row := fmt.Sprintf(`{"host":"127.0.0.1","address":"127.0.0.1","port":%d,"protocol":"tcp","state":"open","reason":"accept","rtt_ms":`, at.Port())
	c.wants(c.sonde("probe", at.String(), "--ports", "1", "--no-tls", "--ndjson"), exitDone,
		row, `"service":"smtp","product":"Postfix","version":null,"tls":0,"banner":"220 mail.example`, `"port":1,`, `"state":"closed","reason":"refused"`, "1 open, 1 closed")
	c.wants(c.sonde("query", "SELECT host, service, state FROM ports WHERE state = 'open'"), exitDone, "127.0.0.1\tsmtp\topen")

	c.wants(c.sonde("probe", greeter(t, "a\\b \x1b\n").String(), "--ports", "none", "--no-save"), exitDone, "\ta\\\\b \\x1b\\n\n")

	c.wants(c.sonde("probe", "localhost", "-4", "--ports", "1"), exitDone, "localhost\t127.0.0.1\t1")
	c.wants(c.sonde("query", "SELECT host, type, value FROM dns_records"), exitDone, "localhost\tA\t127.0.0.1")
	c.stdin = "# hosts\n127.0.0.1 localhost\n"
	c.wants(c.sonde("probe", "-", "-4", "--ports", "1", "--no-save", "--csv"), exitDone, "host,address,port", "localhost,127.0.0.1,1,tcp,closed", "2 addresses", "!Kept")
	c.stdin = "127.0.0.1\n10.0.0.0/99\n"
	c.wants(c.sonde("probe", "-"), exitUsage, "standard input, line 2", `"99", character 10`)
}

// TestProbeTouchesNothingElse holds that what is excluded, too much or never asked is
// not asked.
func TestProbeTouchesNothingElse(t *testing.T) {
	c := newCaller(t)
	c.wants(c.sonde("probe", "127.0.0.0/30", "--exclude", "127.0.0.2/31", "--ports", "1", "--no-save", "--ndjson"), exitDone,
		`"address":"127.0.0.0"`, `"address":"127.0.0.1"`, `!"address":"127.0.0.2"`, `!"address":"127.0.0.3"`)
	c.wants(c.sonde("probe", "127.0.0.1", "--exclude", "localhost", "--no-save"), exitUsage, "no address to scan")
	c.wants(c.sonde("probe", "127.0.0.0/16", "--no-save"), exitUsage, "65,536 addresses", "--yes")
	c.wants(c.sonde("probe", "169.254.169.254", "--no-save"), exitUsage, "may be asked")
	c.wants(c.sonde("probe", "127.0.0.1", "-6", "--no-save"), exitUsage, "no address to scan")
	c.wants(c.sonde("probe", "127.0.0.1", "--ports", "none", "--no-save"), exitUsage, "no port to scan")
	c.wants(c.sonde("probe", "127.0.0.1", "--ports", "22,8o"), exitUsage, `--ports: "8o", character 4`)
	c.wants(c.sonde("probe", "127.0.0.1", "-4", "-6"), exitUsage, "leave nothing")
	c.wants(c.sonde("probe", "127.0.0.1", "--timeout", "0s"), exitUsage, "--timeout")
	c.wants(c.sonde("probe", "no-such-name.invalid", "--no-save"), exitError, "no-such-name.invalid is not scanned: names below invalid never exist")
}
