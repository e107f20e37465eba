package store

import (
	"zombiezen.com/go/sqlite"

	"sonde"
)

// mostSilent is how many ports that are not open are kept of an address that was
// asked for them together. Of more, those are kept that the file knows already.
const mostSilent = 100

// portKey is a port of an address.
type portKey struct {
	protocol string
	number   uint16
}

// portFact is what begins a new row of _ports when it changes.
type portFact struct {
	state                     sonde.PortState
	told                      bool // somebody asked who answers
	service, product, version string
	tls                       bool
}

func factOf(p *sonde.Port) portFact {
	s := &p.Service
	told := s.Name != "" || s.Banner != "" || s.TLS != nil
	return portFact{p.State, told, s.Name, s.Product, s.Version, s.TLS != nil}
}

// sameAs reports whether a port is as the file has it. A port that is open still, and
// was not asked who answers, is.
func (f portFact) sameAs(known portFact) bool {
	return f == known || !f.told && f.state == known.state
}

// ports keeps what ports were found to be.
func (l *lesson) ports(ports []sonde.Port) error {
	type place struct{ host, address string }
	for _, group := range grouped(ports, func(p *sonde.Port) place { return place{p.Host, p.Address.String()} }) {
		if err := l.portsOf(group); err != nil {
			return err
		}
	}
	return nil
}

// portsOf keeps the ports of one address of one host.
func (l *lesson) portsOf(ports []sonde.Port) error {
	host, err := l.host(ports[0].Host, ports[0].At)
	if err != nil {
		return err
	}
	known, err := l.currentPorts(host, ports[0].Address.String())
	if err != nil {
		return err
	}
	many := countSilent(ports) > mostSilent
	for i := range ports {
		p := &ports[i]
		now := factOf(p)
		before, isKnown := known[portKey{string(p.Transport), p.Number}]
		switch {
		case isKnown && now.sameAs(before.fact):
			err = l.prolongPort(before.id, p)
		case isKnown:
			if err = l.end("_ports", before.id); err == nil {
				err = l.beginPort(host, p)
			}
		case p.State == sonde.PortOpen || !many:
			err = l.beginPort(host, p)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func countSilent(ports []sonde.Port) (count int) {
	for i := range ports {
		if ports[i].State != sonde.PortOpen {
			count++
		}
	}
	return count
}

// currentPorts lists what holds of the ports of an address.
func (l *lesson) currentPorts(host int64, address string) (map[portKey]interval[portFact], error) {
	known := map[portKey]interval[portFact]{}
	err := rows(l.conn, `SELECT id, protocol, port, state, service, product, version, tls FROM _ports
		WHERE host_id = ? AND address = ? AND current`,
		func(stmt *sqlite.Stmt) error {
			key := portKey{stmt.ColumnText(1), uint16(stmt.ColumnInt(2))}
			known[key] = interval[portFact]{stmt.ColumnInt64(0), portFact{
				state: sonde.PortState(stmt.ColumnText(3)), told: !stmt.ColumnIsNull(7),
				service: stmt.ColumnText(4), product: stmt.ColumnText(5), version: stmt.ColumnText(6), tls: stmt.ColumnBool(7),
			}}
			return nil
		}, host, address)
	return known, err
}

// prolongPort notes that a port is still as it was. What nobody asked for this time
// stays as it is known.
func (l *lesson) prolongPort(id int64, p *sonde.Port) error {
	facts, err := factsJSON(p.Service.Facts)
	if err != nil {
		return err
	}
	return exec(l.conn, `UPDATE _ports SET last_seen_at = max(last_seen_at, ?2), reason = ?3, rtt_ms = coalesce(?4, rtt_ms),
		banner = coalesce(nullif(?5, ''), banner), starttls = coalesce(?6, starttls), facts = coalesce(?7, facts) WHERE id = ?1`,
		id, stamp(p.At), string(p.Reason), milliseconds(p.RTT), p.Service.Banner, ifTold(p, p.Service.StartTLS), facts)
}

// beginPort notes a state of a port that is new.
func (l *lesson) beginPort(host int64, p *sonde.Port) error {
	facts, err := factsJSON(p.Service.Facts)
	if err != nil {
		return err
	}
	s := &p.Service
	return exec(l.conn, `INSERT INTO _ports (host_id, address, protocol, port, state, reason, rtt_ms,
		service, product, version, tls, starttls, banner, facts, first_seen_at, last_seen_at, current)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, nullif(?8, ''), nullif(?9, ''), nullif(?10, ''), ?11, ?12, nullif(?13, ''), ?14, ?15, ?15, 1)`,
		host, p.Address.String(), string(p.Transport), int64(p.Number), string(p.State), string(p.Reason), milliseconds(p.RTT),
		s.Name, s.Product, s.Version, ifTold(p, s.TLS != nil), ifTold(p, s.StartTLS), s.Banner, facts, stamp(p.At))
}

// ifTold is a flag as a column, NULL where nobody asked who answers.
func ifTold(p *sonde.Port, flag bool) any {
	if !factOf(p).told {
		return nil
	}
	return flag
}

// shownOn lists the certificates that services showed on ports.
func shownOn(ports []sonde.Port) []sonde.CertificateSighting {
	var shown []sonde.CertificateSighting
	for i := range ports {
		p := &ports[i]
		if p.Service.TLS != nil && p.Service.TLS.Certificate != nil {
			shown = append(shown, sonde.CertificateSighting{Host: p.Host, Address: p.Address, Port: p.Number, TLS: *p.Service.TLS, At: p.At})
		}
	}
	return shown
}
