package identify

import (
	"fmt"

	"sonde"
)

// mssqlDetector knows Microsoft SQL Server by the first packet of TDS ([MS-TDS]
// section 2.2.6.5), in which both sides tell their version.
var mssqlDetector = detector{name: "mssql", ports: []uint16{1433}, knows: nothing, ask: askMSSQL}

// mssqlPrelogin asks with version 0 and no encryption.
const (
	mssqlPrelogin = "\x12\x01\x00\x1a\x00\x00\x00\x00" + "\x00\x00\x0b\x00\x06" + "\x01\x00\x11\x00\x01" + "\xff" +
		"\x00\x00\x00\x00\x00\x00" + "\x02"
	mssqlAnswer  = 4
	mssqlVersion = 0
)

func askMSSQL(t *talk, s *sonde.Service) bool {
	t.say(mssqlPrelogin)
	header := packet{rest: t.bytes(8)}
	if header.number(1) != mssqlAnswer {
		return false
	}
	header.take(1)
	body := t.bytes(header.number(2) - 8)
	options := packet{rest: body}
	if kind := options.number(1); kind != mssqlVersion || t.failed != nil {
		return false
	}
	offset, length := options.number(2), options.number(2)
	if length < 6 || offset+length > len(body) {
		return false
	}
	version := packet{rest: body[offset:]}
	s.Product = "Microsoft SQL Server"
	s.Version = fmt.Sprintf("%d.%d.%d", version.number(1), version.number(1), version.number(2))
	return true
}
