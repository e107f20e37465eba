package store

import (
	"context"
	"fmt"
	"time"

	"zombiezen.com/go/sqlite"

	"sonde"
)

// Course is how a run that is over went. The error is [ErrTooSlow] when patience ended
// before all of its visits were looked at.
func (f *File) Course(ctx context.Context, run sonde.Run, patience time.Duration) (sonde.Course, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, patience, ErrTooSlow)
	defer cancel()
	course := sonde.NewCourse(run.StartedAt, run.FinishedAt.Sub(run.StartedAt))
	step := course.Step.Milliseconds()
	err := f.Read(ctx, func(conn *sqlite.Conn) error {
		return rows(conn, `
			SELECT max(fetched_epoch_ms - :begun, 0) / :step, count(*), sum(coalesce(total_ms, 0))
			FROM _visits WHERE run_id = :run AND attempts > 0 AND fetched_epoch_ms IS NOT NULL GROUP BY 1 ORDER BY 1`,
			func(stmt *sqlite.Stmt) error {
				at := course.Begun.Add(time.Duration(stmt.ColumnInt64(0)*step) * time.Millisecond)
				course.Add(at, stmt.ColumnInt64(1), time.Duration(stmt.ColumnInt64(2))*time.Millisecond)
				return nil
			}, run.StartedAt.UnixMilli(), step, run.ID)
	})
	if err != nil {
		return course, fmt.Errorf("reading the course of run %d: %w", run.ID, err)
	}
	return course, nil
}
