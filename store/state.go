package store

import (
	"cmp"
	"zombiezen.com/go/sqlite"

	"sonde"
)

// load reads what the recorder keeps in memory of its run.
func (c *recorder) load() error {
	c.met, c.origins = map[int64]bool{}, map[int64]bool{}
	c.urls = ledger{}
	c.changes.clear()
	err := rows(c.conn, "SELECT url_id, outcome, used_for, depth FROM _visits WHERE run_id = ?",
		func(stmt *sqlite.Stmt) error {
			state := stateOf(sonde.Outcome(stmt.ColumnText(1)), sonde.Use(stmt.ColumnText(2)))
			c.urls.set(stmt.ColumnInt64(0), state, stmt.ColumnInt(3))
			return nil
		}, c.run)
	if err != nil {
		return err
	}
	return cmp.Or(c.loadInlinks(), c.loadCounts())
}

func stateOf(o sonde.Outcome, u sonde.Use) urlState {
	switch {
	case o == sonde.Pending && u == sonde.Measure:
		return stateMeasured
	case o == sonde.Pending:
		return statePending
	case o == sonde.Excluded:
		return stateExcluded
	}
	return stateDone
}

// loadInlinks counts the links of the pages that the run has visited so far.
func (c *recorder) loadInlinks() error {
	return rows(c.conn, `
		SELECT l.target_id FROM _visits v
		CROSS JOIN _link_lists b ON b.facts_id = v.facts_id
		CROSS JOIN _links l ON l.id BETWEEN b.block_id << 6 AND b.block_id << 6 | 63
		WHERE v.run_id = ? AND l.target_id <> v.url_id`,
		func(stmt *sqlite.Stmt) error {
			c.urls.link(stmt.ColumnInt64(0))
			return nil
		}, c.run)
}

func (c *recorder) loadCounts() error {
	return rows(c.conn, "SELECT found_count, page_count, failure_count, wire_bytes FROM _runs WHERE id = ?",
		func(stmt *sqlite.Stmt) error {
			c.counts = counts{stmt.ColumnInt64(0), stmt.ColumnInt64(1), stmt.ColumnInt64(2), stmt.ColumnInt64(3)}
			return nil
		}, c.run)
}

func (c *recorder) saveCounts() error {
	return run(bind(c.updateRun, c.run, c.counts.found, c.counts.pages, c.counts.failures, c.counts.wireBytes))
}

// reload reads everything back that a transaction changed before it was undone.
func (c *recorder) reload() error {
	if err := c.dict.reset(); err != nil {
		return err
	}
	return c.load()
}

// lease writes down that a target is out.
func (c *recorder) lease(origin int64, at place) error {
	return run(bind(c.insertLease, c.run, origin, at.rank, at.url))
}
