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

// OutcomeCounts counts how the URLs of a run ended, the most frequent way first. Of a
// run that is closed it is known; of another it looks at every URL.
func (f *File) OutcomeCounts(ctx context.Context, run int64) ([]OutcomeCount, error) {
	var counts []OutcomeCount
	err := f.Read(ctx, func(conn *sqlite.Conn) error {
		return rows(conn, outcomesOfRun, func(stmt *sqlite.Stmt) error {
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

// The tallies of ?1 are there as soon as it is closed.
const outcomesOfRun = `
SELECT outcome, coalesce(failure, ''), coalesce(reason, ''), coalesce(status, 0), sum(url_count) FROM (
  SELECT outcome, failure, reason, status, url_count FROM _outcome_counts WHERE run_id = ?1
  UNION ALL
  SELECT outcome, failure, reason, status, 1
  FROM (SELECT ?1 AS id WHERE NOT EXISTS (SELECT 1 FROM _outcome_counts WHERE run_id = ?1)) r CROSS JOIN _visits v ON v.run_id = r.id
) GROUP BY 1, 2, 3, 4 ORDER BY 5 DESC, 1, 2, 3, 4`
