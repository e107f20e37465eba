package store

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"zombiezen.com/go/sqlite"
)

// How the rows of a large view are sorted:
//
//	ranking   the first rows of one run by a column, found chunk by chunk; each chunk is a
//	          read of its own, so that neither the log nor another reader waits for the whole
//	rankings  those of a file: one chunk is read at a time, whoever asks; what took long is
//	          kept, finished or not, as long as the run stays what it is
//
// A list merges the rankings of the runs that its view answers for.

// ranked is how many rows a ranking finds. Those after them are in one of their own.
const ranked = 1000

// How long a ranking is kept: of a run that is over; of another, and of that not at all when
// it was found in less than worthKeeping.
const (
	keptOver     = 10 * time.Minute
	keptRunning  = 30 * time.Second
	worthKeeping = 20 * time.Millisecond
	keptRankings = 64
)

// ranking is a part of a list of one run, sorted by a column: so many rows after a place.
type ranking struct {
	question string // what the list asks for
	begins   string // the place, as [Listing.After]
	after    mark   // the same
	run      int64
	state    string // of the run, when it was begun
	over     bool   // whether the run was

	marks []mark        // the first of the rows that were looked at
	from  int64         // the last key that was looked at
	size  int64         // keys of the next chunk
	done  bool          // there is none further
	took  time.Duration // to look at them
	until time.Time     // when it is no longer kept
}

// rankings are those that a file keeps.
type rankings struct {
	turn chan struct{} // whoever reads a chunk has its only place
	mu   sync.Mutex
	kept []*ranking
}

func newRankings() *rankings { return &rankings{turn: make(chan struct{}, 1)} }

// sort lists the rows of a lister by its column.
func (f *File) sort(ctx context.Context, s *lister, to *Listed) error {
	var all []*ranking
	if err := f.Read(ctx, func(conn *sqlite.Conn) (err error) {
		s.conn = conn
		all, err = s.rankings()
		return err
	}); err != nil {
		return err
	}
	var marks []mark
	for _, r := range all {
		r = f.rankings.known(s, r)
		if err := f.finish(ctx, s, r); err != nil {
			return err
		}
		marks = append(marks, s.rest(r)...)
	}
	marks = s.first(marks, s.Rows+1)
	return f.Read(ctx, func(conn *sqlite.Conn) error {
		s.conn = conn
		return s.takeAll(to, marks, 1)
	})
}

// finish reads chunks until a ranking is done.
func (f *File) finish(ctx context.Context, s *lister, r *ranking) error {
	for !f.rankings.isDone(r) {
		select {
		case f.rankings.turn <- struct{}{}:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		err := f.Read(ctx, func(conn *sqlite.Conn) error {
			s.conn = conn
			return f.rankings.advance(s, r)
		})
		<-f.rankings.turn
		if err != nil {
			return err
		}
	}
	return nil
}

func (all *rankings) isDone(r *ranking) bool {
	all.mu.Lock()
	defer all.mu.Unlock()
	return r.done
}

// known is a ranking that is kept and has the rows that a lister asks for, or else the one
// that was begun for it, which is kept from now on. Those whose time is over go, and of too
// many the one whose time is over first.
func (all *rankings) known(s *lister, begun *ranking) *ranking {
	all.mu.Lock()
	defer all.mu.Unlock()
	now := time.Now()
	all.kept = slices.DeleteFunc(all.kept, func(r *ranking) bool { return now.After(r.until) })
	for _, r := range all.kept {
		if r.question == begun.question && r.state == begun.state && s.servedBy(r) {
			return r
		}
	}
	if len(all.kept) == keptRankings {
		first := slices.MinFunc(all.kept, func(a, b *ranking) int { return a.until.Compare(b.until) })
		all.kept = slices.DeleteFunc(all.kept, func(r *ranking) bool { return r == first })
	}
	begun.until = now.Add(keptRunning)
	all.kept = append(all.kept, begun)
	return begun
}

// servedBy reports whether a ranking has the rows that the list wants.
func (s *lister) servedBy(r *ranking) bool {
	if r.begins == s.After {
		return true
	}
	return r.done && (r.after == nil || s.after != nil && s.compare(r.after, s.after) < 0) &&
		(len(r.marks) < ranked || len(s.rest(r)) > s.Rows)
}

// rest are the marks of a ranking that come after the place where the list begins.
func (s *lister) rest(r *ranking) []mark {
	if s.after == nil {
		return r.marks
	}
	i, found := slices.BinarySearchFunc(r.marks, s.after, s.compare)
	if found {
		i++
	}
	return r.marks[i:]
}

// advance reads the next chunk of a ranking. The caller has the turn.
func (all *rankings) advance(s *lister, r *ranking) error {
	if r.done { // by whoever had the turn before
		return nil
	}
	began := time.Now()
	from, end, err := s.cut.next(s.conn, r.run, r.from, r.size)
	if err != nil {
		return err
	}
	var found []mark
	if end != 0 {
		if found, err = s.firstOf(r, from, end); err != nil {
			return err
		}
	}
	took := time.Since(began)
	all.mu.Lock()
	defer all.mu.Unlock()
	r.took += took
	r.done = end == 0
	r.until = time.Now().Add(r.keep())
	if len(found) > 0 {
		r.marks = s.first(append(r.marks, found...), ranked)
	}
	if r.from = end; took < quick {
		r.size *= 2
	}
	return nil
}

// keep is how long a ranking is kept from now on.
func (r *ranking) keep() time.Duration {
	switch {
	case r.done && r.over:
		return keptOver
	case r.done && r.took < worthKeeping:
		return 0
	}
	return keptRunning
}

// stateOfRun changes with what its rows show: ?1 begins, goes on, ends, is analysed, or has
// issues muted.
const stateOfRun = `SELECT status || ' ' || coalesce(finished_at, '') || ' ' || coalesce(issue_count, '') || ' ' ||
  (SELECT count(*) || ' ' || coalesce(max(id), 0) FROM _mutes), finished_at IS NOT NULL AND issue_count IS NOT NULL FROM _runs WHERE id = ?1`

// rankings begins the rankings that the list is merged from, one for each run.
func (s *lister) rankings() ([]*ranking, error) {
	runs, err := s.runs()
	if err != nil {
		return nil, err
	}
	all := make([]*ranking, len(runs))
	for i, run := range runs {
		r := &ranking{
			question: fmt.Sprintf("%d %q %q %q %q %v", run, s.View, s.Where, s.Search, s.Sort, s.Descending),
			begins:   s.After, after: s.after, run: run, size: s.cut.size,
		}
		if err := rows(s.conn, stateOfRun, func(stmt *sqlite.Stmt) error {
			r.state, r.over = stmt.ColumnText(0), stmt.ColumnBool(1)
			return nil
		}, run); err != nil {
			return nil, err
		}
		all[i] = r
	}
	return all, nil
}

// firstOf finds the rows of a chunk that come before the last of a ranking that is full.
func (s *lister) firstOf(r *ranking, from, end int64) (found []mark, err error) {
	query, where := s.chunkOf(r)
	err = s.read(query, where, []int64{r.run, from, end}, func(cells []any) { found = append(found, cells) })
	return found, err
}

// chunkOf is the query of firstOf.
func (s *lister) chunkOf(r *ranking) (query string, where conditions) {
	where = s.where.clone()
	keys := append([]string{"_run"}, s.keys()...)
	column := s.beyond(&where, keys)
	if len(r.marks) == ranked {
		where.all = append(where.all, s.before(&where, r.marks[ranked-1][0]))
	}
	return fmt.Sprintf("SELECT %s FROM %s%s%s LIMIT %d",
		joined(column, keys), s.keyed(s.cut.rows), where.sql(), s.order(keys), ranked), where
}

// before holds that a row comes before those with a value, of which others were found
// already.
func (s *lister) before(where *conditions, value any) string {
	switch {
	case value == nil:
		return quoted(s.Sort) + " IS NOT NULL"
	case s.Descending:
		return quoted(s.Sort) + " > " + where.value(value)
	}
	return quoted(s.Sort) + " < " + where.value(value)
}

// first are the first of some marks in the order of the list.
func (s *lister) first(marks []mark, most int) []mark {
	slices.SortFunc(marks, s.compare)
	return slices.Clip(marks[:min(len(marks), most)])
}

// compare orders marks as order has SQLite do it.
func (s *lister) compare(a, b mark) int {
	if (a[0] == nil) != (b[0] == nil) {
		if a[0] == nil {
			return 1
		}
		return -1
	}
	first := compareCells(a[0], b[0])
	if s.Descending {
		first = -first
	}
	return cmp.Or(first, slices.CompareFunc(a[1:], b[1:], compareCells))
}

// compareCells orders values as SQLite does: numbers, texts, blobs.
func compareCells(a, b any) int {
	if kind := cmp.Compare(kindOf(a), kindOf(b)); kind != 0 {
		return kind
	}
	switch a := a.(type) {
	case string:
		return strings.Compare(a, b.(string))
	case []byte:
		return bytes.Compare(a, b.([]byte))
	case int64:
		if b, ok := b.(int64); ok {
			return cmp.Compare(a, b)
		}
	}
	return cmp.Compare(asFloat(a), asFloat(b))
}

// kindOf is the place of a value's type among those that SQLite sorts by.
func kindOf(value any) int {
	switch value.(type) {
	case nil:
		return 0
	case string:
		return 2
	case []byte:
		return 3
	}
	return 1
}

func asFloat(value any) float64 {
	if n, ok := value.(int64); ok {
		return float64(n)
	}
	f, _ := value.(float64)
	return f
}
