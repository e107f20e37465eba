package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"zombiezen.com/go/sqlite"
)

// Latency is how long a host took to answer, in milliseconds: one number for each of
// the visits that tell of it, in no order.
type Latency struct {
	Connect   []float64 // visits that made the connection
	TLS       []float64 // visits that made it, in TLS
	FirstByte []float64
	Total     []float64
	RoundTrip []float64 // of probes of its ports, as they are now
	Sample    bool      // there are visits that were not looked at
}

// sampled is how many visits of a host its latency is read from at most.
const sampled = 4000

// Latency reads how quickly a host answers, from the latest run of each site and from
// probes. It looks at some visits of the host, as far as patience lasts.
func (f *File) Latency(ctx context.Context, host string, patience time.Duration) (l Latency, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, patience, ErrTooSlow)
	defer cancel()
	err = f.Read(ctx, func(conn *sqlite.Conn) error {
		if err := rows(conn, `
			SELECT rtt_ms FROM _ports WHERE host_id = (SELECT id FROM _hosts WHERE name = ?) AND current AND rtt_ms > 0`,
			func(stmt *sqlite.Stmt) error {
				l.RoundTrip = append(l.RoundTrip, stmt.ColumnFloat(0))
				return nil
			}, host); err != nil {
			return err
		}
		return rows(conn, `
			SELECT v.connect_ms, v.tls_ms, v.ttfb_ms, v.total_ms
			FROM _sites s CROSS JOIN _visits v ON v.run_id = s.last_run_id
			WHERE v.connection_id IN (SELECT id FROM _connections WHERE host_id = (SELECT id FROM _hosts WHERE name = ?))
			LIMIT ?`,
			func(stmt *sqlite.Stmt) error {
				l.add(stmt)
				return nil
			}, host, sampled+1)
	})
	if errors.Is(err, ErrTooSlow) {
		l.Sample, err = true, nil
	}
	if err != nil {
		return l, fmt.Errorf("reading how quickly %s answers: %w", host, err)
	}
	return l, nil
}

// add takes the times of a visit. Where the connection was there already, making it
// took no time, which says nothing.
func (l *Latency) add(stmt *sqlite.Stmt) {
	if l.Sample = len(l.Total) == sampled; l.Sample {
		return
	}
	for i, to := range []*[]float64{&l.Connect, &l.TLS, &l.FirstByte, &l.Total} {
		once := i < 2
		if ms := stmt.ColumnFloat(i); stmt.ColumnType(i) != sqlite.TypeNull && (ms > 0 || !once) {
			*to = append(*to, ms)
		}
	}
}
