package store

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"zombiezen.com/go/sqlite"

	"sonde"
)

// Recall tells what is remembered of an origin, and whether anything is.
func (r *Recording) Recall(ctx context.Context, origin string) (sonde.HostMemory, bool, error) {
	m := sonde.HostMemory{Origin: origin}
	found := false
	err := r.file.Read(ctx, func(conn *sqlite.Conn) error {
		return rows(conn, `SELECT robots_fetched_at, robots_status, robots_failure, robots_url, robots_body, robots_truncated,
				not_before_at, parallel_limit, penalty_ms, failure_streak, latency_ms, latency_best_ms,
				not_found_asked_at, not_found_status, not_found_word_count, not_found_text_hash, not_found_simhash,
				robots_etag, robots_last_modified
			FROM _origins WHERE origin = ? AND (robots_fetched_at IS NOT NULL OR parallel_limit IS NOT NULL)`,
			func(stmt *sqlite.Stmt) error {
				found = true
				if !stmt.ColumnIsNull(0) {
					m.Robots = readRobots(stmt)
				}
				m.Pace = readPace(stmt, 6)
				if !stmt.ColumnIsNull(12) {
					m.NotFound = readNotFound(stmt, 12)
				}
				return nil
			}, origin)
	})
	if err != nil {
		return m, false, fmt.Errorf("recalling %s: %w", origin, err)
	}
	return m, found, nil
}

func readRobots(stmt *sqlite.Stmt) *sonde.RobotsFile {
	f := &sonde.RobotsFile{
		FetchedAt: unstamp(stmt.ColumnText(0)),
		Status:    stmt.ColumnInt(1),
		Failure:   sonde.Failure(stmt.ColumnText(2)),
		FinalURL:  stmt.ColumnText(3),
		Body:      make([]byte, stmt.ColumnLen(4)),
		Truncated: stmt.ColumnBool(5),

		ETag:         stmt.ColumnText(17),
		LastModified: stmt.ColumnText(18),
	}
	stmt.ColumnBytes(4, f.Body)
	return f
}

func readPace(stmt *sqlite.Stmt, column int) sonde.Pace {
	return sonde.Pace{
		NotBefore:   unstamp(stmt.ColumnText(column)),
		Limit:       stmt.ColumnInt(column + 1),
		Penalty:     time.Duration(stmt.ColumnInt64(column+2)) * time.Millisecond,
		Failures:    stmt.ColumnInt(column + 3),
		Latency:     fromMS(stmt.ColumnFloat(column + 4)),
		LatencyBest: fromMS(stmt.ColumnFloat(column + 5)),
	}
}

func readNotFound(stmt *sqlite.Stmt, column int) *sonde.NotFound {
	return &sonde.NotFound{
		AskedAt:   unstamp(stmt.ColumnText(column)),
		Status:    stmt.ColumnInt(column + 1),
		WordCount: stmt.ColumnInt(column + 2),
		TextHash:  uint64(stmt.ColumnInt64(column + 3)),
		SimHash:   uint64(stmt.ColumnInt64(column + 4)),
	}
}

func fromMS(ms float64) time.Duration { return time.Duration(ms * float64(time.Millisecond)) }

func toMS(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// Remember replaces what is remembered of an origin, and returns when it is
// committed.
func (r *Recording) Remember(ctx context.Context, m sonde.HostMemory) error {
	err := r.ask(ctx, func(conn *sqlite.Conn) error {
		id, err := r.file.dict.origin(m.Origin, hostOf(m.Origin))
		if err != nil {
			return err
		}
		if m.Robots != nil {
			if err := saveRobots(conn, id, m.Robots); err != nil {
				return err
			}
		}
		if m.NotFound != nil {
			if err := saveNotFound(conn, id, m.NotFound); err != nil {
				return err
			}
		}
		return savePace(conn, id, m.Pace)
	})
	if err != nil {
		return fmt.Errorf("remembering %s: %w", m.Origin, err)
	}
	return nil
}

func saveRobots(conn *sqlite.Conn, id int64, f *sonde.RobotsFile) error {
	faults, err := json.Marshal(slices.Concat([]sonde.RobotsFault{}, f.Faults))
	if err != nil {
		return err
	}
	sum := sha256.Sum256(f.Body)
	return exec(conn, `UPDATE _origins SET robots_fetched_at = ?1, robots_status = ?2, robots_failure = ?3, robots_url = ?4,
			robots_body = ?5, robots_truncated = ?6, robots_sha256 = ?7, robots_faults = ?8, robots_blocks_all = ?9,
			robots_sitemaps = ?10, robots_crawl_delay_ms = ?11, robots_etag = ?12, robots_last_modified = ?13
			WHERE id = ?14 AND robots_fetched_at IS NOT ?1`,
		stamp(f.FetchedAt), f.Status, orNull(string(f.Failure)), orNull(f.FinalURL), f.Body, f.Truncated, sum[:],
		string(faults), f.BlocksAll, orNull(jsonList(f.Sitemaps, appendJSON)), f.CrawlDelay.Milliseconds(),
		orNull(f.ETag), orNull(f.LastModified), id)
}

func saveNotFound(conn *sqlite.Conn, id int64, n *sonde.NotFound) error {
	return exec(conn, `UPDATE _origins SET not_found_asked_at = ?, not_found_status = ?, not_found_word_count = ?,
			not_found_text_hash = ?, not_found_simhash = ? WHERE id = ?`,
		stamp(n.AskedAt), n.Status, n.WordCount, int64(n.TextHash), int64(n.SimHash), id)
}

// Slowed adds to what is known of the origins that slowed the run down. It returns
// when that is committed.
func (r *Recording) Slowed(ctx context.Context, list []sonde.Slowdown) error {
	if len(list) == 0 {
		return nil
	}
	err := r.ask(ctx, func(conn *sqlite.Conn) error {
		for _, s := range list {
			if err := r.saveSlowdown(conn, s); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("recording which origins slowed the run down: %w", err)
	}
	return nil
}

func (r *Recording) saveSlowdown(conn *sqlite.Conn, s sonde.Slowdown) error {
	origin, err := r.file.dict.origin(s.Origin, hostOf(s.Origin))
	if err != nil {
		return err
	}
	return exec(conn, `INSERT INTO _run_origins (run_id, origin_id, complaint_count, stopped_ms, parked) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT DO UPDATE SET complaint_count = complaint_count + excluded.complaint_count,
			stopped_ms = stopped_ms + excluded.stopped_ms, parked = excluded.parked`,
		r.run.ID, origin, s.Complaints, s.Stopped.Milliseconds(), s.Parked)
}

func savePace(conn *sqlite.Conn, id int64, p sonde.Pace) error {
	var notBefore any
	if !p.NotBefore.IsZero() {
		notBefore = stamp(p.NotBefore)
	}
	return exec(conn, `UPDATE _origins SET not_before_at = ?, parallel_limit = ?, penalty_ms = ?, failure_streak = ?,
			latency_ms = ?, latency_best_ms = ? WHERE id = ?`,
		notBefore, p.Limit, p.Penalty.Milliseconds(), p.Failures, toMS(p.Latency), toMS(p.LatencyBest), id)
}

// hostOf is the host of a canonical URL or origin, without its port.
func hostOf(url string) string {
	_, authority, ok := strings.Cut(originOf(url), "://")
	if !ok {
		return ""
	}
	if colon := strings.LastIndexByte(authority, ':'); colon > strings.LastIndexByte(authority, ']') {
		return authority[:colon]
	}
	return authority
}
