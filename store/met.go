package store

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
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

// MetHost is a host that a run asked, or tried to.
type MetHost struct {
	Name     string
	Domain   string // registrable
	InScope  bool   // pages of the site lie on it; false where links only lead to it
	Failures []sonde.Failure
}

// MetHosts lists the hosts that a run asked or tried to ask. It looks at every URL of
// the run.
func (f *File) MetHosts(ctx context.Context, run int64) ([]MetHost, error) {
	var hosts []MetHost
	err := f.Read(ctx, func(conn *sqlite.Conn) error {
		return rows(conn, `
			SELECT h.name, h.registrable_domain, max(v.used_for <> ?2), group_concat(DISTINCT v.failure)
			FROM _visits v
			CROSS JOIN _urls u ON u.id = v.url_id
			CROSS JOIN _origins o ON o.id = u.origin_id
			CROSS JOIN _hosts h ON h.id = o.host_id
			WHERE v.run_id = ?1 AND v.fetched_epoch_ms IS NOT NULL AND v.outcome <> 'excluded'
			GROUP BY h.id`,
			func(stmt *sqlite.Stmt) error {
				host := MetHost{Name: stmt.ColumnText(0), Domain: stmt.ColumnText(1), InScope: stmt.ColumnBool(2)}
				for failure := range strings.SplitSeq(stmt.ColumnText(3), ",") {
					if failure != "" {
						host.Failures = append(host.Failures, sonde.Failure(failure))
					}
				}
				hosts = append(hosts, host)
				return nil
			}, run, string(sonde.Check))
	})
	if err != nil {
		return nil, fmt.Errorf("listing the hosts of run %d: %w", run, err)
	}
	return hosts, nil
}

// Trouble is a failure that visits of a host ended in.
type Trouble struct {
	Host    string
	Failure sonde.Failure
}

// explanation stands between what a fetch said of its failure and what was learned of
// the cause later.
const explanation = " — "

// Explain adds to the details of visits what was learned of the cause of their failure.
// What was added before is replaced.
func (r *Recording) Explain(ctx context.Context, causes map[Trouble]string) error {
	if len(causes) == 0 {
		return nil
	}
	err := r.ask(ctx, func(conn *sqlite.Conn) error {
		details, err := r.explained(conn, causes)
		if err != nil {
			return err
		}
		for url, detail := range details {
			text, err := r.file.dict.text(detail)
			if err != nil {
				return err
			}
			if err := exec(conn, "UPDATE _visits SET detail_id = ? WHERE run_id = ? AND url_id = ?", text, r.run.ID, url); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("recording the causes of failures: %w", err)
	}
	return nil
}

// explained gives the new details of visits, by the number of their URL.
func (r *Recording) explained(conn *sqlite.Conn, causes map[Trouble]string) (map[int64]string, error) {
	details := map[int64]string{}
	err := rows(conn, `
		SELECT v.url_id, h.name, v.failure, coalesce(t.text, '')
		FROM _visits v
		CROSS JOIN _urls u ON u.id = v.url_id
		CROSS JOIN _origins o ON o.id = u.origin_id
		CROSS JOIN _hosts h ON h.id = o.host_id
		LEFT JOIN _texts t ON t.id = v.detail_id
		WHERE v.run_id = ? AND v.failure IS NOT NULL`,
		func(stmt *sqlite.Stmt) error {
			cause, ok := causes[Trouble{stmt.ColumnText(1), sonde.Failure(stmt.ColumnText(2))}]
			if !ok {
				return nil
			}
			detail, _, _ := strings.Cut(stmt.ColumnText(3), explanation)
			details[stmt.ColumnInt64(0)] = detail + explanation + cause
			return nil
		}, r.run.ID)
	return details, err
}
