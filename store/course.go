package store

import (
	"context"
	"fmt"
	"time"

	"zombiezen.com/go/sqlite"

	"sonde"
)

// Course is how a run that is over went. Of a run that is closed it is known; of one that
// a process left behind every visit is looked at, and the error is [ErrTooSlow] when
// patience ended first.
func (f *File) Course(ctx context.Context, run sonde.Run, patience time.Duration) (sonde.Course, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, patience, ErrTooSlow)
	defer cancel()
	course := sonde.NewCourse(run.StartedAt, run.FinishedAt.Sub(run.StartedAt))
	err := f.Read(ctx, func(conn *sqlite.Conn) error {
		return rows(conn, courseOfRun, func(stmt *sqlite.Stmt) error {
			at := course.Begun.Add(time.Duration(stmt.ColumnInt64(0)) * time.Millisecond)
			course.Add(at, stmt.ColumnInt64(1), time.Duration(stmt.ColumnInt64(2))*time.Millisecond)
			return nil
		}, run.ID, run.StartedAt.UnixMilli(), course.Step.Milliseconds())
	})
	if err != nil {
		return course, fmt.Errorf("reading the course of run %d: %w", run.ID, err)
	}
	return course, nil
}

// laps are those of the run that FROM gives as r: when each begins, and the visits in it.
// ?2 is when the run began and ?3 how long a lap is, in milliseconds.
const laps = `SELECT r.id, max(v.fetched_epoch_ms - ?2, 0) / ?3 * ?3 AS begins_ms, count(*) AS fetch_count, sum(coalesce(v.total_ms, 0)) AS total_ms
  FROM (%s) r CROSS JOIN _visits v ON v.run_id = r.id WHERE v.attempts > 0 AND v.fetched_epoch_ms IS NOT NULL GROUP BY 1, 2`

var (
	// courseAtClose keeps with the run ?1 how it went.
	courseAtClose = "INSERT INTO _laps (run_id, begins_ms, fetch_count, total_ms) " + fmt.Sprintf(laps, "SELECT ?1 AS id")

	// courseOfRun takes the laps of ?1 that are kept, which they are as soon as it is closed.
	courseOfRun = `SELECT begins_ms, fetch_count, total_ms FROM _laps WHERE run_id = ?1 UNION ALL SELECT begins_ms, fetch_count, total_ms FROM (` +
		fmt.Sprintf(laps, "SELECT ?1 AS id WHERE NOT EXISTS (SELECT 1 FROM _laps WHERE run_id = ?1)") + ") ORDER BY 1"
)

// keepCourse keeps with a run how it went until it finished.
func keepCourse(conn *sqlite.Conn, run sonde.Run, finished time.Time) error {
	step := sonde.NewCourse(run.StartedAt, finished.Sub(run.StartedAt)).Step
	return exec(conn, courseAtClose, run.ID, run.StartedAt.UnixMilli(), step.Milliseconds())
}
