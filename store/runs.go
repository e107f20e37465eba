package store

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"sonde"
)

// ErrNoRun is the error of naming a run that the file does not have.
var ErrNoRun = errors.New("no such run")

const selectRuns = `
SELECT r.id, r.status, r.trigger, coalesce(r.reason, ''), r.started_at, coalesce(r.finished_at, ''),
  r.found_count, r.page_count, r.failure_count, r.wire_bytes, s.id, s.name, s.seeds, r.policy
FROM _runs r JOIN _sites s ON s.id = r.site_id `

// Runs returns every run, the newest first, without its outcomes.
func (f *File) Runs(ctx context.Context) ([]sonde.Run, error) {
	return f.runs(ctx, "ORDER BY r.id DESC")
}

// RecentRuns returns the last runs of every site, so many of each and the newest first,
// by the number of the site.
func (f *File) RecentRuns(ctx context.Context, most int) (map[int64][]sonde.Run, error) {
	runs, err := f.runs(ctx, `WHERE r.id IN (SELECT id FROM (
		SELECT id, row_number() OVER (PARTITION BY site_id ORDER BY id DESC) AS place FROM _runs) WHERE place <= ?) ORDER BY r.id DESC`, most)
	bySite := map[int64][]sonde.Run{}
	for _, run := range runs {
		bySite[run.Site.ID] = append(bySite[run.Site.ID], run)
	}
	return bySite, err
}

// Run returns one run with the counts of its outcomes. The error is [ErrNoRun] when
// there is none.
func (f *File) Run(ctx context.Context, id int64) (sonde.Run, error) {
	return f.firstRun(ctx, fmt.Sprintf("run %d", id), "WHERE r.id = ?", id)
}

// LastRun returns the newest run of a site.
func (f *File) LastRun(ctx context.Context, site string) (sonde.Run, error) {
	return f.firstRun(ctx, "a run of "+site, "WHERE s.name = ? ORDER BY r.id DESC LIMIT 1", site)
}

func (f *File) firstRun(ctx context.Context, what, which string, args ...any) (sonde.Run, error) {
	runs, err := f.runs(ctx, which, args...)
	if err != nil {
		return sonde.Run{}, err
	}
	if len(runs) == 0 {
		return sonde.Run{}, fmt.Errorf("%w: %s", ErrNoRun, what)
	}
	run := runs[0]
	counts, err := f.OutcomeCounts(ctx, run.ID)
	run.Counts.Outcomes = map[sonde.Outcome]int64{}
	for _, n := range counts {
		run.Counts.Outcomes[n.Outcome] += n.Count
	}
	return run, err
}

func (f *File) runs(ctx context.Context, which string, args ...any) ([]sonde.Run, error) {
	var runs []sonde.Run
	err := f.Read(ctx, func(conn *sqlite.Conn) error {
		return rows(conn, selectRuns+which, func(stmt *sqlite.Stmt) error {
			run, err := readRun(stmt)
			runs = append(runs, run)
			return err
		}, args...)
	})
	if err != nil {
		return nil, fmt.Errorf("reading the runs: %w", err)
	}
	return runs, nil
}

func readRun(stmt *sqlite.Stmt) (sonde.Run, error) {
	site, err := readSite(stmt, 10)
	return sonde.Run{
		ID:         stmt.ColumnInt64(0),
		Site:       site,
		Status:     sonde.RunStatus(stmt.ColumnText(1)),
		Trigger:    sonde.Trigger(stmt.ColumnText(2)),
		Reason:     stmt.ColumnText(3),
		StartedAt:  unstamp(stmt.ColumnText(4)),
		FinishedAt: unstamp(stmt.ColumnText(5)),
		Counts: sonde.Counts{
			Found:    stmt.ColumnInt64(6),
			Pages:    stmt.ColumnInt64(7),
			Failures: stmt.ColumnInt64(8),
			Bytes:    stmt.ColumnInt64(9),
		},
	}, err
}

// ChangeCounts counts what the latest run of each site found changed, by run.
func (f *File) ChangeCounts(ctx context.Context) (map[int64]int64, error) {
	counts := map[int64]int64{}
	err := f.Read(ctx, func(conn *sqlite.Conn) error {
		return rows(conn, `SELECT s.last_run_id, (SELECT count(*) FROM _changes c WHERE c.run_id = s.last_run_id)
			FROM _sites s WHERE s.last_run_id IS NOT NULL`, func(stmt *sqlite.Stmt) error {
			counts[stmt.ColumnInt64(0)] = stmt.ColumnInt64(1)
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("counting the changes: %w", err)
	}
	return counts, nil
}

// newRun writes down that a run of a site begins, and which slot it is for, if any.
func (f *File) newRun(site sonde.Site, slot int64) (sonde.Run, error) {
	run := sonde.Run{Site: site, Status: sonde.Running, Trigger: sonde.Manual, StartedAt: f.clock()}
	policy, err := json.Marshal(site.Policy)
	if err != nil {
		return run, err
	}
	err = f.change(func(conn *sqlite.Conn) error {
		scheduled, err := number(conn, "SELECT schedule_id FROM _slots WHERE id = ?", slot)
		if err != nil {
			return err
		}
		if scheduled != 0 {
			run.Trigger = sonde.Scheduled
		}
		if err := exec(conn, `INSERT INTO _runs (site_id, previous_run_id, status, trigger, policy, started_at)
			VALUES (?1, (SELECT max(id) FROM _runs WHERE site_id = ?1 AND status = 'finished'), 'running', ?2, ?3, ?4)`,
			site.ID, string(run.Trigger), string(policy), stamp(run.StartedAt)); err != nil {
			return err
		}
		run.ID = conn.LastInsertRowID()
		return cmp.Or(
			exec(conn, "UPDATE _slots SET state = 'running', reason = NULL, run_id = ? WHERE id = ?", run.ID, slot),
			exec(conn, "UPDATE _sites SET last_run_id = ? WHERE id = ?", run.ID, site.ID))
	})
	return run, err
}

// reopenRun puts a run that ended back to running and takes back the leases that its
// process died with.
func (f *File) reopenRun(run sonde.Run) error {
	policy, err := json.Marshal(run.Site.Policy)
	if err != nil {
		return err
	}
	return f.change(func(conn *sqlite.Conn) error {
		return cmp.Or(
			exec(conn, `UPDATE _slots SET state = 'running', reason = NULL,
				is_resumed = is_resumed OR EXISTS (SELECT 1 FROM _runs WHERE id = ?1 AND status = 'interrupted')
				WHERE run_id = ?1`, run.ID),
			exec(conn, "UPDATE _runs SET status = 'running', finished_at = NULL, reason = NULL, policy = ? WHERE id = ?",
				string(policy), run.ID),
			exec(conn, "DELETE FROM _outcome_counts WHERE run_id = ?", run.ID),
			exec(conn, "DELETE FROM _laps WHERE run_id = ?", run.ID),
			exec(conn, "UPDATE _sites SET last_run_id = ? WHERE id = ?", run.ID, run.Site.ID),
			takeBackLeases(conn, run.ID, f.clock()))
	})
}

// takeBackLeases counts a death for every target that was out, puts it behind those
// that nothing happened to, and gives up on those that have died too often.
func takeBackLeases(conn *sqlite.Conn, run int64, at time.Time) error {
	err := script(conn, takeBackSQL, run, at.UnixMilli())
	if err != nil {
		return fmt.Errorf("taking back what was out: %w", err)
	}
	return nil
}

// script runs several statements that share numbers: $1, $2 and so on stand for them.
func script(conn *sqlite.Conn, statements string, numbers ...int64) error {
	for i, n := range numbers {
		statements = strings.ReplaceAll(statements, "$"+strconv.Itoa(i+1), strconv.FormatInt(n, 10))
	}
	return sqlitex.ExecuteScript(conn, statements, nil)
}

// $1 is the run, $2 the instant. Deaths stand in the rank too (see rankOf).
const takeBackSQL = `
UPDATE _visits SET outcome = 'internal_error', failure = 'poison', attempts = 3, fetched_epoch_ms = $2
WHERE run_id = $1 AND url_id IN (
  SELECT q.url_id FROM _leases l JOIN _frontier q USING (run_id, origin_id, rank, url_id)
  WHERE l.run_id = $1 AND q.deaths = 2);
UPDATE _runs SET failure_count = failure_count + changes() WHERE id = $1;
DELETE FROM _frontier WHERE run_id = $1 AND deaths = 2
  AND (origin_id, rank, url_id) IN (SELECT origin_id, rank, url_id FROM _leases WHERE run_id = $1);
UPDATE _frontier SET deaths = deaths + 1, rank = rank + (1 << 32) WHERE run_id = $1
  AND (origin_id, rank, url_id) IN (SELECT origin_id, rank, url_id FROM _leases WHERE run_id = $1);
DELETE FROM _leases WHERE run_id = $1;
`

// interruptLeftRuns marks the runs that a process left behind: whoever holds the
// file is the only one who can be running any.
func (f *File) interruptLeftRuns() error {
	return f.change(func(conn *sqlite.Conn) error {
		return exec(conn, "UPDATE _runs SET status = 'interrupted', reason = 'the process went away' WHERE status = 'running'")
	})
}

// comparableRun is the run before, if its decisions hold for this one too: it
// finished, and by a policy that reaches as far. 0 when there is none.
func (f *File) comparableRun(run sonde.Run) (id int64, err error) {
	err = rows(f.write, `SELECT p.id, p.policy FROM _runs r JOIN _runs p ON p.id = r.previous_run_id
		WHERE r.id = ? AND p.status = 'finished'`,
		func(stmt *sqlite.Stmt) error {
			var before sonde.Policy
			if err := json.Unmarshal([]byte(stmt.ColumnText(1)), &before); err != nil {
				return fmt.Errorf("reading the policy of run %d: %w", stmt.ColumnInt64(0), err)
			}
			if before.SameReach(run.Site.Policy) {
				id = stmt.ColumnInt64(0)
			}
			return nil
		}, run.ID)
	return id, err
}
