package store

import (
	"encoding/hex"
	"encoding/json"
	"slices"
	"time"

	"zombiezen.com/go/sqlite"

	"sonde"
)

// shown is what makes a row of _certificate_sightings that row.
type shown struct {
	address     string
	certificate int64
	verdict     string
}

// sighting is a certificate as it was seen at a port of a host.
type sighting struct {
	shown
	host                  int64
	port                  uint16
	version, cipher, alpn string
	facts                 any
	at                    time.Time
}

// certificates keeps which certificates were seen where.
func (l *lesson) certificates(seen []sonde.CertificateSighting) error {
	var sightings []sighting
	for i := range seen {
		if seen[i].TLS.Certificate == nil {
			continue
		}
		s, err := l.numbered(&seen[i])
		if err != nil {
			return err
		}
		sightings = append(sightings, s)
	}
	return l.sightings(sightings)
}

// numbered is a sighting with its host and its certificate as numbers.
func (l *lesson) numbered(s *sonde.CertificateSighting) (sighting, error) {
	host, err := l.host(s.Host, s.At)
	if err != nil {
		return sighting{}, err
	}
	certificate, err := saveCertificate(l.conn, s.TLS.Certificate)
	if err != nil {
		return sighting{}, err
	}
	facts, err := tlsJSON(&s.TLS)
	return sighting{
		shown{s.Address.String(), certificate, s.TLS.Certificate.VerifyError}, host, s.Port,
		s.TLS.Version, s.TLS.Cipher, s.TLS.ALPN, facts, s.At,
	}, err
}

// tlsJSON is what a probe learned of the TLS of a place besides what has a column, NULL
// where it is nothing.
func tlsJSON(t *sonde.TLSFacts) (any, error) {
	type link struct {
		Subject  string `json:"subject"`
		Issuer   string `json:"issuer"`
		NotAfter string `json:"not_after"`
		SHA256   string `json:"sha256"`
	}
	type offer struct {
		Version string   `json:"version"`
		Ciphers []string `json:"ciphers"`
	}
	type staple struct {
		Status     string `json:"status"`
		ThisUpdate string `json:"this_update,omitempty"`
		NextUpdate string `json:"next_update,omitempty"`
		RevokedAt  string `json:"revoked_at,omitempty"`
		Fault      string `json:"fault,omitempty"`
	}
	var known struct {
		Group      string   `json:"group,omitempty"`
		StartTLS   string   `json:"starttls,omitempty"`
		MustStaple bool     `json:"must_staple,omitempty"`
		Chain      []link   `json:"chain,omitempty"`
		Offers     []offer  `json:"offers,omitempty"`
		Groups     []string `json:"groups,omitempty"`
		Staple     *staple  `json:"staple,omitempty"`
	}
	known.Group, known.StartTLS, known.MustStaple, known.Groups = t.Group, t.StartTLS, t.Certificate.MustStaple, t.Groups
	for _, c := range t.Chain {
		known.Chain = append(known.Chain, link{c.Subject, c.Issuer, stamp(c.NotAfter), hex.EncodeToString(c.SHA256[:])})
	}
	for _, o := range t.Offers {
		known.Offers = append(known.Offers, offer(o))
	}
	if s := t.Staple; s != nil {
		known.Staple = &staple{s.Status, stampOrNone(s.ThisUpdate), stampOrNone(s.NextUpdate), stampOrNone(s.RevokedAt), s.Fault}
	}
	text, err := json.Marshal(known)
	if err != nil || string(text) == "{}" {
		return nil, err
	}
	return string(text), nil
}

// sightings keeps which certificates were seen, port by port.
func (l *lesson) sightings(all []sighting) error {
	type place struct {
		host int64
		port uint16
	}
	for _, group := range grouped(all, func(s *sighting) place { return place{s.host, s.port} }) {
		if err := l.sightingsAt(group); err != nil {
			return err
		}
	}
	return nil
}

// sightingsAt keeps what was seen at one port of one host.
func (l *lesson) sightingsAt(seen []sighting) error {
	known, err := l.currentSightings(seen[0].host, seen[0].port)
	if err != nil {
		return err
	}
	now := distinct(seen)
	for _, k := range known {
		i := slices.IndexFunc(now, func(s sighting) bool { return s.shown == k.fact })
		switch {
		case i >= 0:
			err = l.prolongSighting(k.id, &now[i])
			now = slices.Delete(now, i, i+1)
		case gone(k.fact, seen):
			err = l.end("_certificate_sightings", k.id)
		}
		if err != nil {
			return err
		}
	}
	for i := range now {
		if err := l.beginSighting(&now[i]); err != nil {
			return err
		}
	}
	return nil
}

// distinct is the sightings without those that say the same again, the last of each.
func distinct(seen []sighting) []sighting {
	var now []sighting
	for _, s := range seen {
		if i := slices.IndexFunc(now, func(n sighting) bool { return n.shown == s.shown }); i >= 0 {
			now[i] = s
		} else {
			now = append(now, s)
		}
	}
	return now
}

// gone reports whether what was shown, and is not among what was seen, is over. An
// address that nobody asked is taken to show what it showed as long as another does.
func gone(before shown, seen []sighting) bool {
	elsewhere := false
	for _, s := range seen {
		if s.address == before.address {
			return true
		}
		elsewhere = elsewhere || s.certificate == before.certificate && s.verdict == before.verdict
	}
	return !elsewhere
}

// currentSightings lists what a port of a host shows, by what the file knows.
func (l *lesson) currentSightings(host int64, port uint16) (known []interval[shown], err error) {
	err = rows(l.conn, `SELECT id, address, certificate_id, verify_error FROM _certificate_sightings
		WHERE host_id = ? AND port = ? AND current`,
		func(stmt *sqlite.Stmt) error {
			known = append(known, interval[shown]{stmt.ColumnInt64(0), shown{stmt.ColumnText(1), stmt.ColumnInt64(2), stmt.ColumnText(3)}})
			return nil
		}, host, int64(port))
	return known, err
}

// prolongSighting notes that a certificate is still shown.
func (l *lesson) prolongSighting(id int64, s *sighting) error {
	return exec(l.conn, `UPDATE _certificate_sightings SET last_seen_at = max(last_seen_at, ?2),
		tls_version = nullif(?3, ''), cipher = nullif(?4, ''), alpn = nullif(?5, ''), facts = coalesce(?6, facts) WHERE id = ?1`,
		id, stamp(s.at), s.version, s.cipher, s.alpn, s.facts)
}

// beginSighting notes a certificate that is new where it is shown.
func (l *lesson) beginSighting(s *sighting) error {
	return exec(l.conn, `INSERT INTO _certificate_sightings (host_id, address, port, certificate_id, verify_error,
		tls_version, cipher, alpn, facts, first_seen_at, last_seen_at, current)
		VALUES (?1, ?2, ?3, ?4, nullif(?5, ''), nullif(?6, ''), nullif(?7, ''), nullif(?8, ''), ?9, ?10, ?10, 1)`,
		s.host, s.address, int64(s.port), s.certificate, s.verdict, s.version, s.cipher, s.alpn, s.facts, stamp(s.at))
}

// saveCertificate returns the number of a certificate, which it gets where it is new.
func saveCertificate(conn *sqlite.Conn, k *sonde.Certificate) (int64, error) {
	sans, err := json.Marshal(k.SANs)
	if err != nil {
		return 0, err
	}
	if err := exec(conn, `INSERT INTO _certificates (sha256, subject, issuer, sans, not_before, not_after, key, signature, verify_error)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
		k.SHA256[:], k.Subject, k.Issuer, string(sans), stamp(k.NotBefore), stamp(k.NotAfter), k.Key, k.Signature, orNull(k.VerifyError)); err != nil {
		return 0, err
	}
	return number(conn, "SELECT id FROM _certificates WHERE sha256 = ?", k.SHA256[:])
}
