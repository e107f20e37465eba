package analyze

import (
	"context"
	"fmt"

	"sonde/store"
)

// Missed returns the latest run of each site where nothing asked the rules of it when it
// ended, as when the process died over that, and where nothing will go on with it by itself.
func Missed(ctx context.Context, file *store.File) ([]int64, error) {
	var runs []int64
	err := file.Rows(ctx, `
		SELECT r.id FROM _sites s JOIN _runs r ON r.id = s.last_run_id
		WHERE r.issue_count IS NULL AND r.status IN ('finished', 'partial', 'stopped')
		  AND NOT EXISTS (SELECT 1 FROM _slots o WHERE o.run_id = r.id AND o.state IN ('waiting', 'running'))
		ORDER BY r.id`, nil, func(r store.Row) error {
		runs = append(runs, r.Integer(0))
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("looking for runs that were not analysed: %w", err)
	}
	return runs, nil
}
