package report

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"

	"sonde"
	"sonde/store"
)

// Score is the health of a site as one number, and what it was made from.
type Score struct {
	Value    int                      `json:"value"`          // 0 to 100
	Pages    int64                    `json:"pages"`          // of the site, that were asked for
	Answered int64                    `json:"pages_answered"` // of these, whatever the status
	Worst    map[sonde.Severity]int64 `json:"pages_by_worst_issue"`
	Around   map[sonde.Severity]int64 `json:"rules_about_hosts_and_site"` // rules that have an issue about a host or the site, by their gravest
	Lost     float64                  `json:"lost_by_pages"`
	LostToo  float64                  `json:"lost_by_hosts_and_site"`
}

// What is lost by a page, in parts of that page, by its worst issue; and what is lost of
// 100 by a rule that speaks of a host or of the whole site.
var (
	pageWeight = map[sonde.Severity]float64{sonde.Critical: 1, sonde.High: 0.5, sonde.Medium: 0.2, sonde.Low: 0.05}
	siteWeight = map[sonde.Severity]float64{sonde.Critical: 10, sonde.High: 5, sonde.Medium: 2, sonde.Low: 0.5}
)

// ScoreIsKept reports whether the score of a run adds up from few rows that are kept with
// it, and [ScoreOf] need not look at its issues one by one.
func ScoreIsKept(ctx context.Context, file *store.File, run int64) (kept bool, err error) {
	err = file.Rows(ctx, "SELECT "+tallied, store.Named{":run": run}, func(r store.Row) error {
		kept = r.Integer(0) == 1
		return nil
	})
	if err != nil {
		return false, fmt.Errorf("looking for the score of run %d: %w", run, err)
	}
	return kept, nil
}

// ScoreOf computes the score of a run that was analysed.
func ScoreOf(ctx context.Context, file *store.File, run int64) (Score, error) {
	s := Score{Worst: map[sonde.Severity]int64{}, Around: map[sonde.Severity]int64{}}
	named := store.Named{":run": run}
	err := file.Rows(ctx, scoredPages, named, func(r store.Row) error {
		s.Pages, s.Answered = r.Integer(0), r.Integer(1)
		return nil
	})
	for sql, counts := range map[string]map[sonde.Severity]int64{worstOfPages: s.Worst, worstAround: s.Around} {
		if err == nil {
			err = file.Rows(ctx, sql, named, func(r store.Row) error {
				counts[severityOf(r.Integer(0))] = r.Integer(1)
				return nil
			})
		}
	}
	if err != nil {
		return s, fmt.Errorf("computing the score of run %d: %w", run, err)
	}
	s.compute()
	return s, nil
}

func (s *Score) compute() {
	for severity, count := range s.Worst {
		s.Lost += pageWeight[severity] * float64(count)
	}
	s.Lost = min(100, 100*s.Lost/float64(max(s.Pages, 1)))
	for severity, count := range s.Around {
		s.LostToo += siteWeight[severity] * float64(count)
	}
	s.Value = int(math.Round(max(0, 100-s.Lost-s.LostToo) * s.answering()))
}

// answering is the part of the pages that gave an answer. It is a factor of the score, since
// no rule can tell what is wrong with the others: a site that is gone has no health.
func (s Score) answering() float64 {
	if s.Pages == 0 {
		return 1
	}
	return float64(s.Answered) / float64(s.Pages)
}

// Formula shows how the score comes about.
func (s Score) Formula() string {
	rest := fmt.Sprintf("100 - %s for pages (100 x (%s) / %s) - %s for hosts and site (%s)",
		short(s.Lost), sum(s.Worst, pageWeight), sonde.Plural(s.Pages, "page"), short(s.LostToo), sum(s.Around, siteWeight))
	if s.Answered < s.Pages {
		rest = fmt.Sprintf("(%s) x %s/%s pages that answered", rest, sonde.Thousands(s.Answered), sonde.Thousands(s.Pages))
	}
	return fmt.Sprintf("%d = %s", s.Value, rest)
}

// sum writes counts and their weights as the sum that they are.
func sum(counts map[sonde.Severity]int64, weights map[sonde.Severity]float64) string {
	var terms []string
	for _, severity := range sonde.Severities {
		if counts[severity] > 0 && weights[severity] > 0 {
			terms = append(terms, fmt.Sprintf("%d %s x %s", counts[severity], severity, short(weights[severity])))
		}
	}
	if len(terms) == 0 {
		return "0"
	}
	return strings.Join(terms, " + ")
}

// short writes a number with at most two decimals.
func short(x float64) string {
	return strconv.FormatFloat(math.Round(x*100)/100, 'f', -1, 64)
}

func severityOf(rank int64) sonde.Severity {
	if rank < 1 || rank > int64(len(sonde.Severities)) {
		return sonde.Info
	}
	return sonde.Severities[rank-1]
}

// scoredPages counts by the tallies of a run that is closed, or else by its visits: all
// pages, and those that answered.
const scoredPages = `
SELECT coalesce(sum(n), 0), coalesce(sum(n) FILTER (WHERE outcome IN ('ok', 'http_error')), 0) FROM (
  SELECT used_for, outcome, url_count AS n FROM _outcome_counts WHERE run_id = :run
  UNION ALL
  SELECT used_for, outcome, 1
  FROM (SELECT :run AS id WHERE NOT EXISTS (SELECT 1 FROM _outcome_counts WHERE run_id = :run)) r CROSS JOIN _visits v ON v.run_id = r.id
) WHERE used_for = 'read' AND outcome NOT IN ('pending', 'excluded', 'robots_blocked', 'redirect')`

// unmuted is what makes an issue of _issues i, or issues of _issue_counts i, open.
const unmuted = `i.state < 4 AND (i.mute_id IS NULL OR (SELECT until_at FROM _mutes m WHERE m.id = i.mute_id) <= strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))`

// tallied holds as long as the tallies of the run tell the open issues: none of its mutes
// has ended since they were made.
const tallied = `NOT EXISTS (SELECT 1 FROM _issue_counts c LEFT JOIN _mutes m ON m.id = c.mute_id
  WHERE c.run_id = :run AND c.mute_id IS NOT NULL AND coalesce(m.until_at, '') <= strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
  AND EXISTS (SELECT 1 FROM _worst_counts WHERE run_id = :run)`

const worstOfPages = `
SELECT severity, page_count FROM _worst_counts WHERE run_id = :run AND ` + tallied + `
UNION ALL
SELECT worst, count(*) FROM (
  SELECT min(i.severity) AS worst
  FROM (SELECT :run AS id WHERE NOT (` + tallied + `)) r CROSS JOIN _issues i ON i.run_id = r.id JOIN _rules ru ON ru.id = i.rule_id
  WHERE ru.subject = 'page' AND ` + unmuted + `
  GROUP BY i.subject_id
) GROUP BY worst`

const worstAround = `
SELECT worst, count(*) FROM (
  SELECT min(i.severity) AS worst FROM _issue_counts i JOIN _rules ru ON ru.id = i.rule_id
  WHERE i.run_id = :run AND ru.subject <> 'page' AND ` + unmuted + `
  GROUP BY i.rule_id
) GROUP BY worst`
