package store

import (
	"net/netip"
	"time"

	"zombiezen.com/go/sqlite"

	"sonde"
)

// keepMet keeps what the connections of a run tell of the network side: ports that
// answered, certificates that were shown. Connections through a proxy tell nothing of
// a host.
func (r *Recording) keepMet(conn *sqlite.Conn) error {
	if r.run.Site.Policy.Proxy != "" {
		return nil
	}
	ports, sightings, err := r.met(conn)
	if err != nil {
		return err
	}
	l := &lesson{conn, r.file.dict}
	if err := l.ports(ports); err != nil {
		return err
	}
	return l.sightings(sightings)
}

// met lists what answered in a run.
func (r *Recording) met(conn *sqlite.Conn) (ports []sonde.Port, sightings []sighting, err error) {
	err = rows(conn, `
		SELECT h.name, c.host_id, c.remote_ip, c.port, v.last_epoch_ms, c.certificate_id, c.verify_error, c.tls_version, c.cipher, c.alpn
		FROM (SELECT connection_id, max(fetched_epoch_ms) AS last_epoch_ms FROM _visits
			WHERE run_id = ? AND connection_id IS NOT NULL GROUP BY connection_id) v
		JOIN _connections c ON c.id = v.connection_id
		JOIN _hosts h ON h.id = c.host_id
		ORDER BY v.last_epoch_ms`,
		func(stmt *sqlite.Stmt) error {
			address, err := netip.ParseAddr(stmt.ColumnText(2))
			if err != nil {
				return err
			}
			at := time.UnixMilli(stmt.ColumnInt64(4))
			port := uint16(stmt.ColumnInt(3))
			ports = append(ports, sonde.Port{
				Host: stmt.ColumnText(0), Address: address, Transport: sonde.TCP, Number: port,
				State: sonde.PortOpen, Reason: sonde.ByAccept, At: at,
			})
			if stmt.ColumnIsNull(5) {
				return nil
			}
			sightings = append(sightings, sighting{
				shown: shown{address.String(), stmt.ColumnInt64(5), stmt.ColumnText(6)}, host: stmt.ColumnInt64(1), port: port,
				version: stmt.ColumnText(7), cipher: stmt.ColumnText(8), alpn: stmt.ColumnText(9), at: at,
			})
			return nil
		}, r.run.ID)
	return ports, sightings, err
}
