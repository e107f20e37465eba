package store

import (
	"context"
	"fmt"

	"zombiezen.com/go/sqlite"

	"sonde"
)

// OutcomeCount is how many URLs of a run ended in one way.
type OutcomeCount struct {
	Outcome sonde.Outcome
	Failure sonde.Failure
	Reason  sonde.Reason
	Status  int // HTTP; 0 where no answer came
	Count   int64
}

// OutcomeCounts counts how the URLs of a run ended, the most frequent way first. It
// looks at every URL of the run.
func (f *File) OutcomeCounts(ctx context.Context, run int64) ([]OutcomeCount, error) {
	var counts []OutcomeCount
	err := f.Read(ctx, func(conn *sqlite.Conn) error {
		return rows(conn, `
			SELECT outcome, coalesce(failure, ''), coalesce(reason, ''), coalesce(status, 0), count(*)
			FROM _visits WHERE run_id = ? GROUP BY 1, 2, 3, 4 ORDER BY 5 DESC, 1, 2, 3, 4`,
			func(stmt *sqlite.Stmt) error {
				counts = append(counts, OutcomeCount{
					Outcome: sonde.Outcome(stmt.ColumnText(0)),
					Failure: sonde.Failure(stmt.ColumnText(1)),
					Reason:  sonde.Reason(stmt.ColumnText(2)),
					Status:  stmt.ColumnInt(3),
					Count:   stmt.ColumnInt64(4),
				})
				return nil
			}, run)
	})
	if err != nil {
		return nil, fmt.Errorf("counting how the URLs of run %d ended: %w", run, err)
	}
	return counts, nil
}
