package store

import (
	"cmp"
	"context"
	"fmt"

	"zombiezen.com/go/sqlite"

	"sonde"
)

// The size of the page cache of the writing connection while a run is recorded, while its
// indexes are made, and while neither is, in KiB as the pragma has it. A page in it takes half
// as much again, and sorting for an index as much as all of it. More makes neither faster.
const (
	recordingCache = "PRAGMA cache_size = -8192"
	indexingCache  = "PRAGMA cache_size = -2048"
	restingCache   = "PRAGMA cache_size = -1024"
)

// settle closes a run: the counts that only the whole run can give, what its connections
// and origins told, how its URLs ended, and the statistics without which SQLite would look
// for the links to a page on every page.
func (r *Recording) settle(ctx context.Context, status sonde.RunStatus, reason string) error {
	r.file.failpoint("settle")
	err := r.file.change(func(conn *sqlite.Conn) error {
		conn.SetInterrupt(ctx.Done())
		defer conn.SetInterrupt(nil)
		if err := r.recorder.saveInlinks(); err != nil {
			return fmt.Errorf("counting the links to each page: %w", err)
		}
		if err := r.keepMet(conn); err != nil {
			return fmt.Errorf("keeping what answered: %w", err)
		}
		if err := exec(conn, originsAtClose, r.run.ID); err != nil {
			return fmt.Errorf("keeping what its origins said: %w", err)
		}
		if err := exec(conn, outcomesAtClose, r.run.ID); err != nil {
			return fmt.Errorf("counting how its URLs ended: %w", err)
		}
		finished := r.file.clock()
		if err := keepCourse(conn, r.run, finished); err != nil {
			return fmt.Errorf("keeping how it went: %w", err)
		}
		return cmp.Or(
			exec(conn, "UPDATE _runs SET status = ?, reason = nullif(?, ''), finished_at = ? WHERE id = ?",
				string(status), reason, stamp(finished), r.run.ID),
			closeSlot(conn, r.run.ID, status))
	})
	if err != nil {
		return fmt.Errorf("closing run %d: %w", r.run.ID, err)
	}
	f := r.file
	f.mu.Lock()
	defer f.mu.Unlock()
	r.recorder = nil // what it knows of every URL is of no use any more, as what the file remembers of texts
	if err := f.dict.reset(); err != nil {
		return err
	}
	f.awaitMove()
	return execAll(f.write, restingCache, fewSamples, "ANALYZE", visitStatistics, networkStatistics,
		issueStatistics, "DELETE FROM sqlite_stat4", reread[0], reread[1])
}

// closeSlot closes the slot that a run was for. A run that was stopped may be gone on
// with; whoever stopped it for good closes its slots.
func closeSlot(conn *sqlite.Conn, run int64, status sonde.RunStatus) error {
	if status == sonde.Stopped {
		return nil
	}
	return endSlots(conn, run)
}

// originsAtClose keeps with a run what its origins said of themselves.
const originsAtClose = `UPDATE _run_origins AS r SET
    robots_status = o.robots_status, robots_failure = o.robots_failure, robots_sha256 = o.robots_sha256,
    robots_blocks_all = o.robots_blocks_all, not_found_status = o.not_found_status,
    not_found_word_count = o.not_found_word_count, not_found_text_hash = o.not_found_text_hash,
    not_found_simhash = o.not_found_simhash
  FROM _origins o WHERE r.run_id = ? AND o.id = r.origin_id`

// outcomesAtClose keeps with a run how its URLs ended.
const outcomesAtClose = `INSERT INTO _outcome_counts (run_id, used_for, outcome, failure, reason, status, url_count)
  SELECT run_id, used_for, outcome, failure, reason, status, count(*) FROM _visits WHERE run_id = ? GROUP BY 1, 2, 3, 4, 5, 6`

// fewSamples has ANALYZE look at so many rows of an index only.
const fewSamples = "PRAGMA analysis_limit = 400"

// visitStatistics says how many visits a run has. ANALYZE within its limit takes it for
// a few hundred, and SQLite would then go through a whole run to find one page.
const visitStatistics = `UPDATE sqlite_stat1 SET stat = (
  SELECT sum(found_count) || ' ' || CAST(avg(found_count) + 1 AS INTEGER) || ' 1' FROM _runs
) WHERE tbl = '_visits'`

// networkStatistics says that the tables which probes fill between two runs are not
// small, which SQLite would take them for after the run of one host.
const networkStatistics = `UPDATE sqlite_stat1 SET stat = max(CAST(stat AS INTEGER), 10000) || substr(stat, instr(stat, ' '))
WHERE tbl IN ('_hosts', '_dns_records', '_ports', '_certificate_sightings')`

// issueStatistics says how many issues there are, of a run and of a rule: an analysis
// makes them after the closing, when there were none, or a few, to be counted.
const issueStatistics = `UPDATE sqlite_stat1 SET stat = (
  SELECT total || ' ' || (total / runs + 1) || ' ' || (total / rules + 1) || ' 1'
  FROM (SELECT sum(issue_count) AS total, count(DISTINCT run_id) AS runs, count(DISTINCT run_id << 32 | rule_id) AS rules FROM _issue_counts)
) WHERE tbl = '_issues' AND EXISTS (SELECT 1 FROM _issue_counts)`

// reread has every connection that is open read the statistics again: it does so when the
// schema has changed.
var reread = [2]string{"CREATE VIEW _reread AS SELECT 1", "DROP VIEW _reread"}

// indexLinks makes the two indexes that lead from a URL to the pages that link to it.
func indexLinks(conn *sqlite.Conn) error {
	return cmp.Or(
		exec(conn, "CREATE INDEX IF NOT EXISTS _links_by_target ON _links (target_id)"),
		indexLists(conn))
}

// indexLists makes the index that leads from a block of links to the pages that have it.
func indexLists(conn *sqlite.Conn) error {
	return exec(conn, "CREATE INDEX IF NOT EXISTS _link_lists_by_block ON _link_lists (block_id)")
}

// Index makes the indexes that lead from a URL to the pages that link to it, where the
// file does not have them. Only reading needs them, so that they are made once, and not
// kept up while the first run is recorded. Others read meanwhile; writing waits.
func (f *File) Index(ctx context.Context) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	made, err := number(f.write, "SELECT count(*) FROM sqlite_schema WHERE name IN ('_links_by_target', '_link_lists_by_block')")
	if made == 2 || err != nil {
		return err
	}
	f.write.SetInterrupt(ctx.Done())
	defer f.write.SetInterrupt(nil)
	err = cmp.Or(
		execAll(f.write, indexingCache, fewSamples),
		transaction(f.write, func() error {
			return cmp.Or(
				indexLinks(f.write),
				execAll(f.write, "ANALYZE _links", "ANALYZE _link_lists", "DELETE FROM sqlite_stat4", reread[0], reread[1]))
		}),
		execAll(f.write, restingCache, moveLog))
	if err != nil {
		return fmt.Errorf("indexing the links by target: %w", err)
	}
	return nil
}

// saveInlinks writes down how many links each URL has from other pages of the run.
func (c *recorder) saveInlinks() error {
	if err := exec(c.conn, "DELETE FROM _inlinks WHERE run_id = ?", c.run); err != nil {
		return err
	}
	insert := bulk{conn: c.conn, insert: "INSERT INTO _inlinks (run_id, url_id, inlink_count)", columns: 3}
	var pending []int64
	for url, count := range c.urls.inlinks {
		if count == 0 || c.urls.states[url].state == stateUnknown {
			continue
		}
		if pending = append(pending, c.run, int64(url), int64(count)); len(pending) == bulkRows*insert.columns {
			if err := insert.add(pending); err != nil {
				return err
			}
			pending = pending[:0]
		}
	}
	return insert.add(pending)
}
