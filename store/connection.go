package store

import (
	"time"

	"sonde"
)

// connection is what a fetch tells of the way it came.
type connection struct {
	host                    int64
	ip                      string
	port                    int64
	httpVersion, tlsVersion string
	cipher, alpn            string
	certificate             [32]byte
	verdict                 string // on the certificate
}

// connection returns the number of the way an answer came.
func (c *recorder) connection(v *sonde.Visit) (int64, error) {
	f := v.Fetch
	host, err := c.dict.host(v.Target.Host)
	if err != nil {
		return 0, err
	}
	if err := c.meet(host, v.At); err != nil {
		return 0, err
	}
	key := connection{host: host, ip: f.Remote.Addr().String(), port: int64(f.Remote.Port()), httpVersion: f.HTTPVersion}
	if f.TLS != nil {
		key.tlsVersion, key.cipher, key.alpn = f.TLS.Version, f.TLS.Cipher, f.TLS.ALPN
		if f.TLS.Certificate != nil {
			key.certificate, key.verdict = f.TLS.Certificate.SHA256, f.TLS.Certificate.VerifyError
		}
	}
	if id, ok := c.dict.connections[key]; ok {
		return id, nil
	}
	id, err := c.findOrAddConnection(key, f.TLS, v.At)
	if err == nil {
		c.dict.connections[key] = id
	}
	return id, err
}

func (c *recorder) findOrAddConnection(key connection, tls *sonde.TLSFacts, at time.Time) (int64, error) {
	var certificate any
	if tls != nil && tls.Certificate != nil {
		id, err := saveCertificate(c.conn, tls.Certificate)
		if err != nil {
			return 0, err
		}
		certificate = id
	}
	args := []any{key.host, key.ip, key.port, key.httpVersion, orNull(key.tlsVersion), orNull(key.cipher), orNull(key.alpn), certificate, orNull(key.verdict)}
	id, err := number(c.conn, `SELECT id FROM _connections WHERE host_id = ? AND remote_ip = ? AND port = ? AND http_version = ?
		AND tls_version IS ? AND cipher IS ? AND alpn IS ? AND certificate_id IS ? AND verify_error IS ?`, args...)
	if id != 0 || err != nil {
		return id, err
	}
	err = exec(c.conn, `INSERT INTO _connections (host_id, remote_ip, port, http_version, tls_version, cipher, alpn, certificate_id, verify_error, first_seen_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, append(args, stamp(at))...)
	return c.conn.LastInsertRowID(), err
}

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}
