package analyze

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"sonde/store"
)

// Mute says what nobody wants to hear of until a day.
type Mute struct {
	Rule        string // its name; or
	Fingerprint string // one issue, as the view issues has it
	Site        string // "": of all sites
	URL         string // "": all pages; with a * at the end, all that begin so
	Reason      string
	Until       time.Time
}

// ErrNoSuchIssue is the error of muting what the file does not have.
var ErrNoSuchIssue = errors.New("no such rule or issue")

// AddMute mutes, and tells how many issues of the latest runs that holds for.
func AddMute(ctx context.Context, file *store.File, m Mute) (muted int, err error) {
	err = file.Derive(ctx, nil, func(d *store.Derivation) error {
		return d.Commit(func() error {
			if err := m.insert(d); err != nil {
				return err
			}
			if err := remute(d); err != nil {
				return err
			}
			return d.Rows(newlyMuted, nil, func(row store.Row) error {
				muted = int(row.Integer(0))
				return nil
			})
		})
	})
	return muted, err
}

// insert writes the mute down.
func (m Mute) insert(d *store.Derivation) error {
	named := store.Named{
		":rule": m.Rule, ":site": nil, ":subject": nil, ":url": nil, ":reason": m.Reason,
		":until": stamp(m.Until), ":now": stamp(time.Now()),
	}
	if m.URL != "" {
		named[":url"] = m.URL
	}
	if err := m.identify(d, named); err != nil {
		return err
	}
	_, err := d.Exec(`INSERT INTO _mutes (rule, site_id, subject_id, url, reason, until_at, created_at)
		VALUES (:rule, :site, :subject, :url, :reason, :until, :now)`, named)
	return err
}

// identify looks the names up that the mute has.
func (m Mute) identify(d *store.Derivation, named store.Named) error {
	if m.Fingerprint != "" {
		site, rule, subject, ok := splitFingerprint(m.Fingerprint)
		if !ok {
			return fmt.Errorf("%w: %q", ErrNoSuchIssue, m.Fingerprint)
		}
		named[":site"], named[":subject"], named[":rule"] = site, subject, nil
		err := lookUp(d, "SELECT name FROM _rules WHERE id = :id", store.Named{":id": rule}, named, ":rule")
		if err != nil || named[":rule"] == nil {
			return errors.Join(err, fmt.Errorf("%w: %q", ErrNoSuchIssue, m.Fingerprint))
		}
	}
	if m.Site != "" {
		named[":site"] = nil
		err := lookUp(d, "SELECT id FROM _sites WHERE name = :name", store.Named{":name": m.Site}, named, ":site")
		if err != nil || named[":site"] == nil {
			return errors.Join(err, fmt.Errorf("there is no site %q", m.Site))
		}
	}
	return nil
}

// lookUp puts the only value of a query under a name, and nothing when there is none.
func lookUp(d *store.Derivation, sql string, args, into store.Named, name string) error {
	return d.Rows(sql, args, func(row store.Row) error {
		into[name] = row.Text(0)
		return nil
	})
}

func splitFingerprint(text string) (site, rule, subject int64, ok bool) {
	parts := strings.Split(text, "-")
	if len(parts) != 3 {
		return 0, 0, 0, false
	}
	var numbers [3]int64
	for i, part := range parts {
		n, err := strconv.ParseInt(part, 10, 64)
		if err != nil {
			return 0, 0, 0, false
		}
		numbers[i] = n
	}
	return numbers[0], numbers[1], numbers[2], true
}

// Known returns the names of the rules that a file or the program has.
func Known(ctx context.Context, file *store.File) ([]string, error) {
	var names []string
	for _, r := range Rules() {
		names = append(names, r.Name)
	}
	err := file.Rows(ctx, "SELECT name FROM rules", nil, func(row store.Row) error {
		names = append(names, row.Text(0))
		return nil
	})
	return names, err
}

// Unmute takes back every mute of a rule, or of one issue, and tells how many there
// were.
func Unmute(ctx context.Context, file *store.File, ruleOrFingerprint string) (taken int, err error) {
	named := store.Named{":rule": ruleOrFingerprint, ":site": nil, ":rule_id": nil, ":subject": nil}
	where := "rule = :rule"
	if site, rule, subject, ok := splitFingerprint(ruleOrFingerprint); ok {
		named = store.Named{":site": site, ":rule_id": rule, ":subject": subject}
		where = "site_id = :site AND subject_id = :subject AND rule = (SELECT name FROM _rules WHERE id = :rule_id)"
	}
	err = file.Derive(ctx, nil, func(d *store.Derivation) error {
		return d.Commit(func() error {
			if taken, err = d.Exec("DELETE FROM _mutes WHERE "+where, named); err != nil {
				return err
			}
			return remute(d)
		})
	})
	return taken, err
}

const newlyMuted = `
SELECT count(*) FROM _sites s JOIN _issues i ON i.run_id = s.last_run_id
WHERE i.mute_id = (SELECT max(id) FROM _mutes) AND i.state <> 4`

// remute ties the issues of the latest runs to the mutes that hold for them now.
func remute(d *store.Derivation) error {
	var runs []int64
	err := d.Rows("SELECT last_run_id FROM _sites WHERE last_run_id IS NOT NULL", nil, func(row store.Row) error {
		runs = append(runs, row.Integer(0))
		return nil
	})
	for i := 0; err == nil && i < len(runs); i++ {
		err = applyMutes(d, runs[i])
	}
	return err
}

// applyMutes ties the issues of a run to the mutes that hold for them, and counts the
// issues, and the pages by the gravest that is left.
func applyMutes(d *store.Derivation, run int64) error {
	named := store.Named{":run": run, ":now": stamp(time.Now())}
	for _, statement := range statements(muteSQL) {
		if _, err := d.Exec(statement, named); err != nil {
			return err
		}
	}
	return countIssues(d, run)
}

// alike are issues that count as one kind.
type alike struct{ rule, severity, state, mute int64 }

// countIssues writes down how many issues a run has, and how many pages by the gravest
// issue of each that is open and not muted. It goes over the issues once.
func countIssues(d *store.Derivation, run int64) error {
	var gravest []uint8 // by page, 0 where it has none
	err := d.Rows("SELECT coalesce(max(id), 0) + 1 FROM _urls", nil, func(r store.Row) error {
		gravest = make([]uint8, r.Integer(0))
		return nil
	})
	if err != nil {
		return err
	}
	counts := map[alike]int64{}
	err = d.Rows(`SELECT i.rule_id, i.severity, i.state, i.mute_id, ru.subject = 'page', i.subject_id
		FROM _rules ru CROSS JOIN _issues i ON i.run_id = :run AND i.rule_id = ru.id`, store.Named{":run": run}, func(r store.Row) error {
		issue := alike{r.Integer(0), r.Integer(1), r.Integer(2), r.Integer(3)}
		counts[issue]++
		page := r.Integer(5)
		if r.Integer(4) == 0 || issue.state == 4 || issue.mute != 0 || page < 0 || page >= int64(len(gravest)) {
			return nil
		}
		if rank := uint8(issue.severity); gravest[page] == 0 || rank < gravest[page] {
			gravest[page] = rank
		}
		return nil
	})
	if err != nil {
		return err
	}
	return writeCounts(d, run, counts, gravest)
}

// writeCounts writes the counts of countIssues.
func writeCounts(d *store.Derivation, run int64, counts map[alike]int64, gravest []uint8) error {
	named := store.Named{":run": run}
	for _, table := range []string{"_issue_counts", "_worst_counts"} {
		if _, err := d.Exec("DELETE FROM "+table+" WHERE run_id = :run", named); err != nil {
			return err
		}
	}
	insert, err := d.Insert(`INSERT INTO _issue_counts (run_id, rule_id, severity, state, mute_id, issue_count)
		VALUES (?, ?, ?, ?, nullif(?, 0), ?)`)
	for kind, count := range counts {
		err = cmp.Or(err, insert.Add(run, kind.rule, kind.severity, kind.state, kind.mute, count))
	}
	if err != nil {
		return err
	}
	var pages [6]int64 // by the rank of a severity
	for _, rank := range gravest {
		pages[rank]++
	}
	insert, err = d.Insert("INSERT INTO _worst_counts (run_id, severity, page_count) VALUES (?, ?, ?)")
	for rank, count := range pages {
		if rank > 0 && count > 0 {
			err = cmp.Or(err, insert.Add(run, rank, count))
		}
	}
	if err != nil {
		return err
	}
	_, err = d.Exec(countOpen, named)
	return err
}

const muteSQL = `
UPDATE _issues SET mute_id = NULL WHERE run_id = :run AND mute_id IS NOT NULL;

UPDATE _issues SET mute_id = m.id
FROM _mutes m JOIN _rules ru ON ru.name = m.rule JOIN _runs r ON r.id = :run
WHERE _issues.run_id = :run AND _issues.rule_id = ru.id AND m.until_at > :now
  AND (m.site_id IS NULL OR m.site_id = r.site_id)
  AND (m.subject_id IS NULL OR m.subject_id = _issues.subject_id)
  AND (m.url IS NULL OR ru.subject = 'page' AND EXISTS (
    SELECT 1 FROM _urls u WHERE u.id = _issues.subject_id AND (u.url = m.url
      OR m.url LIKE '%*' AND substr(u.url, 1, length(m.url) - 1) = substr(m.url, 1, length(m.url) - 1))));
`

// countOpen writes down how many issues of a run are open.
const countOpen = `
UPDATE _runs SET issue_count = coalesce((
  SELECT sum(issue_count) FROM _issue_counts WHERE run_id = :run AND state <> 4 AND mute_id IS NULL), 0)
WHERE id = :run AND issue_count IS NOT NULL;
`

// stamp is an instant as the file writes it.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
