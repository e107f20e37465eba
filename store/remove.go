package store

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"zombiezen.com/go/sqlite"
)

// Runs are removed in many small transactions, so that the log stays small and that who
// crawls meanwhile waits for none of them long. Each leaves the file whole: a removal that
// was cut leaves a run with fewer URLs, which says so, and is gone on with by removing the
// run again.
const (
	removeVisits   = 1000    // with all that only they have, in one transaction
	removeRows     = 20_000  // of another table
	removeEvidence = 100_000 // looked at in one transaction
	removeCommits  = 10      // between two checkpoints
)

// RemoveRun takes a run out of the file, with everything that no other run points to.
// progress is told how many of its URLs are gone; nil: nobody is told.
func (f *File) RemoveRun(ctx context.Context, id int64, progress func(done, total int64)) error {
	if err := f.removeRuns(ctx, []int64{id}, progress); err != nil {
		return fmt.Errorf("removing run %d: %w", id, err)
	}
	return nil
}

// RemoveSite takes a site out of the file, with its runs, its schedules and what became
// of them. progress is as for [File.RemoveRun].
func (f *File) RemoveSite(ctx context.Context, id int64, progress func(done, total int64)) error {
	var runs []int64
	err := f.Read(ctx, func(conn *sqlite.Conn) error {
		return rows(conn, "SELECT id FROM _runs WHERE site_id = ?", func(stmt *sqlite.Stmt) error {
			runs = append(runs, stmt.ColumnInt64(0))
			return nil
		}, id)
	})
	if err == nil && len(runs) > 0 {
		err = f.removeRuns(ctx, runs, progress)
	}
	if err == nil {
		err = f.change(func(conn *sqlite.Conn) error { return script(conn, removeSiteSQL, id) })
	}
	if err != nil {
		return fmt.Errorf("removing site %d: %w", id, err)
	}
	return nil
}

// $1 is the site.
const removeSiteSQL = `
DELETE FROM _slots WHERE site_id = $1;
DELETE FROM _schedules WHERE site_id = $1;
DELETE FROM _site_hosts WHERE site_id = $1;
DELETE FROM _sites WHERE id = $1;
`

// removal is a removal of runs under way.
type removal struct {
	file        *File
	progress    func(done, total int64)
	done, total int64 // URLs
	commits     int   // since the last checkpoint
}

func (f *File) removeRuns(ctx context.Context, runs []int64, progress func(done, total int64)) error {
	if progress == nil {
		progress = func(int64, int64) {}
	}
	r := &removal{file: f, progress: progress}
	if err := r.begin(ctx, runs); err != nil {
		return err
	}
	for _, run := range runs {
		if err := r.remove(ctx, run); err != nil {
			return err
		}
	}
	for _, step := range []func(context.Context) error{r.evidence, r.bodies, r.end} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// change does something in one transaction that ends with the context, and has the log
// moved into the file now and then.
func (r *removal) change(ctx context.Context, do func(*sqlite.Conn) error) error {
	err := r.file.change(func(conn *sqlite.Conn) error {
		conn.SetInterrupt(ctx.Done())
		defer conn.SetInterrupt(nil)
		return do(conn)
	})
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if r.commits++; err != nil || r.commits < removeCommits {
		return err
	}
	return r.checkpoint("PASSIVE")
}

func (r *removal) checkpoint(mode string) error {
	r.commits = 0
	r.file.mu.Lock()
	defer r.file.mu.Unlock()
	return execAll(r.file.write, "PRAGMA wal_checkpoint("+mode+")")
}

// begin marks the runs, and sees to the indexes: one finds who else has a block of links; the other is made
// anew at the end where much of it goes, since its rows lie in another order than those
// of the pages.
func (r *removal) begin(ctx context.Context, runs []int64) error {
	return r.change(ctx, func(conn *sqlite.Conn) error {
		if err := indexLists(conn); err != nil {
			return err
		}
		ids := make([]string, len(runs))
		for i, run := range runs {
			ids[i] = strconv.FormatInt(run, 10)
		}
		these := strings.NewReplacer("$runs", strings.Join(ids, ", "))
		if err := execAll(conn, these.Replace(markSQL)); err != nil {
			return err
		}
		var gone, all int64
		err := rows(conn, these.Replace(shareSQL), func(stmt *sqlite.Stmt) error {
			r.total, gone, all = stmt.ColumnInt64(0), stmt.ColumnInt64(1), stmt.ColumnInt64(2)
			return nil
		})
		if err != nil || gone < all/4 {
			return err
		}
		return execAll(conn, "DROP INDEX IF EXISTS _links_by_target")
	})
}

const markSQL = "UPDATE _runs SET status = 'failed', reason = 'its removal was cut: remove it again' WHERE id IN ($runs)"

// shareSQL counts the visits of runs, the answers that no other run has, and all answers.
const shareSQL = `
SELECT count(*), count(v.facts_id) - count((
    SELECT 1 FROM _runs r CROSS JOIN _visits o ON o.run_id = r.id AND o.url_id = v.url_id
    WHERE r.id NOT IN ($runs) AND o.facts_id = v.facts_id)), (SELECT count(*) FROM _facts)
FROM _visits v WHERE v.run_id IN ($runs)`

// remove takes out one run with its pages and their links.
func (r *removal) remove(ctx context.Context, run int64) error {
	for _, set := range setsOfRun {
		if err := r.clear(ctx, set, run); err != nil {
			return err
		}
	}
	if err := r.change(ctx, func(conn *sqlite.Conn) error { return script(conn, announceSQL, run) }); err != nil {
		return err
	}
	for left := int64(1); left > 0; {
		err := r.change(ctx, func(conn *sqlite.Conn) (err error) {
			if err = script(conn, removeVisitsSQL, run, removeVisits); err != nil {
				return err
			}
			r.file.dict.forgetBlocks()
			left, err = number(conn, "SELECT EXISTS (SELECT 1 FROM _visits WHERE run_id = ?)", run)
			return err
		})
		if err != nil {
			return err
		}
		r.file.failpoint("remove.visits")
		r.done = min(r.done+removeVisits, r.total)
		r.progress(r.done, r.total)
	}
	return r.change(ctx, func(conn *sqlite.Conn) error { return script(conn, removeRunSQL, run) })
}

// set is what a table has of a run.
type set struct {
	table, key string
	of         string // which rows, by ?1, the run
}

const ofRun = "run_id = ?1"

// setsOfRun may be large. What follows on from the run is compared with another then.
var setsOfRun = []set{
	{"_changes", "id", "run_id IN (SELECT ?1 UNION SELECT id FROM _runs WHERE previous_run_id = ?1)"},
	{"_issues", "run_id, rule_id, subject_id", ofRun},
	{"_frontier", "run_id, origin_id, rank, url_id", ofRun},
	{"_inlinks", "run_id, url_id", ofRun},
	{"_page_metrics", "run_id, url_id", ofRun},
	{"_near_duplicates", "run_id, url_id", ofRun},
	{"_sitemap_urls", "run_id, url_id, sitemap_id", ofRun},
}

// clear deletes a set, some rows at a time.
func (r *removal) clear(ctx context.Context, s set, run int64) error {
	query := fmt.Sprintf("DELETE FROM %[1]s WHERE (%[2]s) IN (SELECT %[2]s FROM %[1]s WHERE %[3]s LIMIT ?2)", s.table, s.key, s.of)
	for deleted := removeRows; deleted == removeRows; {
		err := r.change(ctx, func(conn *sqlite.Conn) error {
			err := exec(conn, query, run, removeRows)
			deleted = conn.Changes()
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// $1 is the run. Nothing leads to it any more from here on.
const announceSQL = `
UPDATE _runs SET previous_run_id = (SELECT previous_run_id FROM _runs WHERE id = $1) WHERE previous_run_id = $1;
UPDATE _sites SET last_run_id = (SELECT max(id) FROM _runs WHERE site_id = _sites.id AND id <> $1) WHERE last_run_id = $1;
UPDATE _slots SET run_id = NULL WHERE run_id = $1;
DELETE FROM _issue_counts WHERE run_id = $1;
DELETE FROM _worst_counts WHERE run_id = $1;
DELETE FROM _outcome_counts WHERE run_id = $1;
DELETE FROM _laps WHERE run_id = $1;
DELETE FROM _leases WHERE run_id = $1;
DELETE FROM _sitemaps WHERE run_id = $1;
`

// $1 is the run, $2 how many of its visits go: with the answers that no other run has, and
// the blocks of links that no other answer has.
const removeVisitsSQL = `
CREATE TEMP TABLE going AS SELECT url_id, facts_id FROM _visits WHERE run_id = $1 ORDER BY url_id LIMIT $2;
CREATE TEMP TABLE gone AS SELECT DISTINCT facts_id AS id FROM going WHERE facts_id IS NOT NULL AND NOT EXISTS (
  SELECT 1 FROM _runs r CROSS JOIN _visits v ON v.run_id = r.id AND v.url_id = going.url_id
  WHERE r.id <> $1 AND v.facts_id = going.facts_id);
CREATE TEMP TABLE gone_blocks AS SELECT DISTINCT b.block_id AS id FROM gone CROSS JOIN _link_lists b ON b.facts_id = gone.id;
DELETE FROM _link_lists WHERE facts_id IN (SELECT id FROM gone);
DELETE FROM gone_blocks WHERE EXISTS (SELECT 1 FROM _link_lists b WHERE b.block_id = gone_blocks.id);
DELETE FROM _links WHERE id IN (
  SELECT l.id FROM gone_blocks b CROSS JOIN _links l ON l.id BETWEEN b.id << 6 AND b.id << 6 | 63);
DELETE FROM _facts WHERE id IN (SELECT id FROM gone);
DELETE FROM _visits WHERE run_id = $1 AND url_id <= (SELECT max(url_id) FROM going);
DROP TABLE going;
DROP TABLE gone;
DROP TABLE gone_blocks;
`

// $1 is the run.
const removeRunSQL = `
DELETE FROM _run_origins WHERE run_id = $1;
DELETE FROM _robots_texts WHERE sha256 NOT IN (SELECT robots_sha256 FROM _run_origins WHERE robots_sha256 IS NOT NULL);
DELETE FROM _runs WHERE id = $1;
`

// evidence removes what no issue points to any more.
func (r *removal) evidence(ctx context.Context) error {
	var last int64
	err := r.change(ctx, func(conn *sqlite.Conn) (err error) {
		last, err = number(conn, "SELECT coalesce(max(id), 0) FROM _evidence")
		return err
	})
	for from := int64(0); err == nil && from <= last; from += removeEvidence {
		err = r.change(ctx, func(conn *sqlite.Conn) error {
			return exec(conn, `DELETE FROM _evidence WHERE id BETWEEN ?1 AND ?2
				AND id NOT IN (SELECT evidence_id FROM _issues WHERE evidence_id BETWEEN ?1 AND ?2)`, from, from+removeEvidence-1)
		})
	}
	return err
}

// bodies removes those that no answer points to any more: neither when they are looked
// for, nor by an answer that was recorded since then.
func (r *removal) bodies(ctx context.Context) error {
	var lastFacts int64
	err := r.change(ctx, func(conn *sqlite.Conn) (err error) {
		if lastFacts, err = number(conn, "SELECT coalesce(max(id), 0) FROM _facts"); err != nil {
			return err
		}
		return execAll(conn, "DROP TABLE IF EXISTS temp.gone_bodies", `CREATE TEMP TABLE gone_bodies AS SELECT id FROM _bodies
			WHERE sha256 NOT IN (SELECT body_sha256 FROM _facts WHERE body_sha256 IS NOT NULL) ORDER BY id`)
	})
	for after, more := int64(0), err == nil; err == nil && more; after += removeVisits {
		err = r.change(ctx, func(conn *sqlite.Conn) error {
			err := exec(conn, `DELETE FROM _bodies WHERE id IN (SELECT id FROM temp.gone_bodies WHERE rowid > ?1 AND rowid <= ?1 + ?2)
				AND sha256 NOT IN (SELECT body_sha256 FROM _facts WHERE id > ?3 AND body_sha256 IS NOT NULL)`, after, removeVisits, lastFacts)
			if err != nil {
				return err
			}
			left, err := number(conn, "SELECT EXISTS (SELECT 1 FROM temp.gone_bodies WHERE rowid > ?)", after+removeVisits)
			more = left == 1
			return err
		})
	}
	if err != nil {
		return err
	}
	return r.change(ctx, func(conn *sqlite.Conn) error { return execAll(conn, "DROP TABLE temp.gone_bodies") })
}

// end makes the index again that begin may have taken.
func (r *removal) end(ctx context.Context) error {
	if err := r.change(ctx, indexLinks); err != nil {
		return err
	}
	return r.checkpoint("TRUNCATE")
}
