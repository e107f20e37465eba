package store

import (
	"container/heap"
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"sonde"
)

// The frontier's order is a table; its head is in memory. Of every origin the pending
// targets with the lowest keys wait in a heap, at most aheadPerHost of them; what is
// beyond the heap's horizon stays in the table until the heap is used up. So memory
// is bounded by the origins, not by the URLs, and a short crawl never reads back what
// it has just written.
const (
	aheadPerHost = 512    // targets of one origin in memory
	refill       = 256    // targets read from the table at once
	aheadInAll   = 50_000 // targets in memory beyond which new ones go to the table only
	poisonDeaths = 3      // processes that may die on a target
	deathsShift  = 32     // where the deaths stand in a rank
)

// place is where a target stands in the order of its origin: lowest first.
type place struct {
	rank, url int64
}

func (p place) before(q place) bool {
	return p.rank < q.rank || p.rank == q.rank && p.url < q.url
}

// rankOf orders the targets of an origin: those that a process died on last; sitemap
// files and seeds first, then pages, then resources, then external URLs; within
// these by depth.
func rankOf(t *sonde.Target) int64 {
	use := map[sonde.Use]int64{sonde.Map: 0, sonde.Read: 2, sonde.Measure: 3, sonde.Check: 4}[t.Use]
	if t.Use == sonde.Read && (t.By == sonde.BySeed || t.By == sonde.ByRedirect) {
		use = 1
	}
	return int64(t.Deaths)<<deathsShift | use<<24 | int64(min(t.Depth, 1<<24-1))
}

type waiting struct {
	place
	target sonde.Target
}

// out is a target that went out and whose visit is not committed.
type out struct {
	line *line
	place
	name string
	done bool // the crawler has brought its visit
}

// line is what waits for one origin (scheme, name and port).
type line struct {
	id      int64
	origin  string
	host    string
	ahead   ahead
	horizon place // everything pending up to here is in ahead, or out
	more    bool  // the table has pending targets beyond the horizon
	waiting int   // pending and not out, in memory or not
	out     int   // out and not brought back
	open    int   // out and not committed
	parked  bool
	inTurn  bool // in the frontier's turns
}

type ahead []waiting

func (a ahead) Len() int           { return len(a) }
func (a ahead) Less(i, j int) bool { return a[i].before(a[j].place) }
func (a ahead) Swap(i, j int)      { a[i], a[j] = a[j], a[i] }
func (a *ahead) Push(x any)        { *a = append(*a, x.(waiting)) }
func (a *ahead) Pop() any {
	old := *a
	last := old[len(old)-1]
	old[len(old)-1] = waiting{}
	*a = old[:len(old)-1]
	return last
}

// frontier hands out pending targets, origin by origin in turn.
type frontier struct {
	perHost int               // targets of one origin that may be out at once
	inAll   int               // targets that may be out at once
	load    func(*line) error // fills ahead from the table; called with mu held

	mu      sync.Mutex
	lines   map[int64]*line
	turns   []*line // lines that may hand out, first come first served
	out     map[int64]*out
	names   map[string]*out // the same by URL
	fresh   []*out          // those that are not leased, and some that are not out any more
	waiting int             // pending and not out, what is parked left aside
	busy    int             // out and not brought back, what is parked left aside
	open    int             // out and not committed, what is parked left aside
	held    int             // targets in memory
	failed  error
	changed chan struct{} // holds a token when something changed since next last looked
}

func newFrontier(perHost, inAll int, load func(*line) error) *frontier {
	return &frontier{
		perHost: perHost,
		inAll:   inAll,
		load:    load,
		lines:   map[int64]*line{},
		out:     map[int64]*out{},
		names:   map[string]*out{},
		changed: make(chan struct{}, 1),
	}
}

// next waits until a target may go out. The error is io.EOF when nothing is left.
func (f *frontier) next(ctx context.Context) (sonde.Target, error) {
	for {
		t, ok, err := f.take()
		if ok || err != nil {
			return t, err
		}
		select {
		case <-f.changed:
		case <-ctx.Done():
			return sonde.Target{}, ctx.Err()
		}
	}
}

// take hands out the next target, if one may go out now.
func (f *frontier) take() (sonde.Target, bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.failed != nil {
		return sonde.Target{}, false, f.failed
	}
	if f.waiting == 0 && f.open == 0 {
		return sonde.Target{}, false, io.EOF
	}
	for range len(f.turns) {
		if f.busy >= f.inAll {
			break
		}
		l := f.turns[0]
		f.turns = f.turns[1:]
		l.inTurn = false
		if len(l.ahead) == 0 {
			if err := f.refill(l); err != nil {
				return sonde.Target{}, false, err
			}
		}
		if len(l.ahead) > 0 && !f.mustWait(&l.ahead[0].target) {
			return f.handOut(l), true, nil
		}
		f.offer(l)
	}
	return sonde.Target{}, false, nil
}

func (f *frontier) refill(l *line) error {
	l.more = false
	if err := f.load(l); err != nil {
		return fmt.Errorf("reading the frontier of %s: %w", l.origin, err)
	}
	f.held += len(l.ahead)
	return nil
}

// mustWait holds a target back that processes died on. One that two died on goes out
// by itself, so that a third death can only be its own doing.
func (f *frontier) mustWait(t *sonde.Target) bool {
	return f.open > 0 && (f.alone() || t.Deaths == poisonDeaths-1)
}

// alone reports whether what is out must stay by itself.
func (f *frontier) alone() bool {
	if f.open != 1 {
		return false
	}
	for _, o := range f.out {
		if o.rank>>deathsShift == poisonDeaths-1 {
			return true
		}
	}
	return false
}

func (f *frontier) handOut(l *line) sonde.Target {
	w := heap.Pop(&l.ahead).(waiting)
	f.held--
	f.waiting--
	f.busy++
	f.open++
	l.waiting--
	l.out++
	l.open++
	if l.horizon.before(w.place) {
		l.horizon = w.place
	}
	o := &out{line: l, place: w.place, name: w.target.URL}
	f.out[w.url], f.names[o.name] = o, o
	f.fresh = append(f.fresh, o)
	f.offer(l)
	return w.target
}

// offer gives a line its turn when it has something to hand out.
func (f *frontier) offer(l *line) {
	if !l.inTurn && !l.parked && l.waiting > 0 && l.out < f.perHost {
		l.inTurn = true
		f.turns = append(f.turns, l)
	}
}

// committed runs commit and, when it went well, takes over what it changed, both as
// one step for those who read the table: a target is never seen in the table and
// added a second time.
func (f *frontier) committed(commit func() error, c *changes) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := commit(); err != nil {
		return err
	}
	for i := range c.moved {
		f.move(&c.moved[i])
	}
	for i := range c.added {
		f.add(c.added[i].origin, &c.added[i].waiting)
	}
	for _, url := range c.done {
		f.release(url)
	}
	f.wake()
	return nil
}

// changes is what a commit did to the frontier.
type changes struct {
	added []standing
	moved []moved
	done  []int64
}

// standing is a target with the origin whose line it stands in.
type standing struct {
	origin int64
	waiting
}

// moved is a target that stands elsewhere than before.
type moved struct {
	from place
	to   standing
}

// move says that the target added last stood elsewhere before.
func (c *changes) move(from place) {
	last := len(c.added) - 1
	to := c.added[last]
	c.added = c.added[:last]
	for i := range c.added {
		if c.added[i].place == from {
			c.added[i] = to // added by the same commit
			return
		}
	}
	for i := range c.moved {
		if c.moved[i].to.place == from {
			c.moved[i].to = to
			return
		}
	}
	c.moved = append(c.moved, moved{from, to})
}

func (c *changes) clear() {
	c.added, c.moved, c.done = c.added[:0], c.moved[:0], c.done[:0]
}

// move takes over that a target stands elsewhere. If it went out meanwhile, only its
// place in the table is another.
func (f *frontier) move(m *moved) {
	if o := f.out[m.from.url]; o != nil {
		o.place = m.to.place
		return
	}
	f.remove(m.to.origin, m.from)
	f.add(m.to.origin, &m.to.waiting)
}

func (f *frontier) line(id int64, origin, host string) *line {
	l := f.lines[id]
	if l == nil {
		l = &line{id: id, origin: origin, host: host, horizon: place{rank: -1}}
		f.lines[id] = l
	}
	return l
}

// expect says that the table has targets of an origin, none of them in memory.
func (f *frontier) expect(id int64, origin, host string, count int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	l := f.line(id, origin, host)
	l.waiting, l.more = count, true
	f.waiting += count
	f.offer(l)
}

func (f *frontier) add(origin int64, w *waiting) {
	l := f.line(origin, originOf(w.target.URL), w.target.Host)
	l.waiting++
	if !l.parked {
		f.waiting++
	}
	f.offer(l)
	if l.more && l.horizon.before(w.place) {
		return
	}
	if f.held >= aheadInAll && len(l.ahead) == 0 {
		l.more = true
		if w.before(l.horizon) {
			l.horizon = place{w.rank, w.url - 1}
		}
		return
	}
	heap.Push(&l.ahead, *w)
	f.held++
	if len(l.ahead) > aheadPerHost {
		f.shorten(l)
	}
}

// shorten leaves the later half of what is ahead to the table.
func (f *frontier) shorten(l *line) {
	kept := make(ahead, 0, aheadPerHost)
	for len(kept) < aheadPerHost/2 {
		kept = append(kept, heap.Pop(&l.ahead).(waiting))
	}
	f.held -= len(l.ahead)
	l.ahead, l.more = kept, true
	l.horizon = kept[len(kept)-1].place
}

// remove forgets a pending target that is not out.
func (f *frontier) remove(origin int64, at place) {
	l := f.lines[origin]
	l.waiting--
	if !l.parked {
		f.waiting--
	}
	for i := range l.ahead {
		if l.ahead[i].place == at {
			heap.Remove(&l.ahead, i)
			f.held--
			return
		}
	}
}

// done says that the crawler has brought the visit of a target back, so that another
// may go out.
func (f *frontier) done(url string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.returned(f.names[url])
	f.wake()
}

func (f *frontier) returned(o *out) {
	if o == nil || o.done {
		return
	}
	o.done = true
	o.line.out--
	if !o.line.parked {
		f.busy--
	}
	f.offer(o.line)
}

// release says that the visit of a target is committed.
func (f *frontier) release(url int64) {
	o := f.out[url]
	if o == nil {
		return
	}
	f.returned(o)
	delete(f.out, url)
	delete(f.names, o.name)
	o.line.open--
	if !o.line.parked {
		f.open--
	}
}

// where reports where a target that is out stands.
func (f *frontier) where(url int64) (place, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if o := f.out[url]; o != nil {
		return o.place, true
	}
	return place{}, false
}

// lease calls write for every target that went out since it was last asked.
func (f *frontier) lease(write func(origin int64, at place) error) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, o := range f.fresh {
		if f.out[o.url] != o {
			continue
		}
		if err := write(o.line.id, o.place); err != nil {
			return err
		}
	}
	f.fresh = f.fresh[:0]
	return nil
}

// unlease takes back that leases were written.
func (f *frontier) unlease() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fresh = slices.AppendSeq(f.fresh[:0], maps.Values(f.out))
}

// starving reports whether nothing waits in memory, so that what is found next is
// wanted at once.
func (f *frontier) starving() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.held == 0
}

// park stops handing out targets of an origin. Those that are out stay pending,
// unless their visits come after all.
func (f *frontier) park(origin string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, l := range f.lines {
		if l.origin == origin && !l.parked {
			l.parked = true
			f.waiting -= l.waiting
			f.busy -= l.out
			f.open -= l.open
		}
	}
	f.turns = slices.DeleteFunc(f.turns, func(l *line) bool { return l.parked })
	f.wake()
}

// pending is how many targets wait to go out, what is parked left aside.
func (f *frontier) pending() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.waiting
}

// fail makes every further next fail.
func (f *frontier) fail(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.failed == nil {
		f.failed = err
	}
	f.wake()
}

func (f *frontier) wake() {
	select {
	case f.changed <- struct{}{}:
	default:
	}
}

// loadLine reads the next targets of an origin from the table. It is called by the
// frontier with its lock held.
func (r *Recording) loadLine(l *line) error {
	found := 0
	err := sqlitex.Execute(r.reader, loadLineSQL, &sqlitex.ExecOptions{
		Named: map[string]any{
			":run": r.run.ID, ":origin": l.id, ":previous": r.previous,
			":rank": l.horizon.rank, ":url": l.horizon.url, ":limit": refill,
		},
		ResultFunc: func(stmt *sqlite.Stmt) error {
			found++
			at := place{stmt.ColumnInt64(0), stmt.ColumnInt64(1)}
			l.horizon = at
			if _, gone := r.frontier.out[at.url]; gone {
				return nil
			}
			t, err := r.readTarget(stmt, l.host)
			l.ahead = append(l.ahead, waiting{at, t})
			return err
		},
	})
	l.more = found == refill
	heap.Init(&l.ahead)
	return err
}

const loadLineSQL = `
SELECT q.rank, q.url_id, u.url, v.used_for, v.found_by, fo.url, v.depth, q.hops, q.chain, q.deaths,
  pf.etag, pf.last_modified, pf.body_sha256, pf.headers_id
FROM _frontier q
JOIN _visits v ON v.run_id = q.run_id AND v.url_id = q.url_id
JOIN _urls u ON u.id = q.url_id
LEFT JOIN _urls fo ON fo.id = v.found_on_id
LEFT JOIN _visits pv ON pv.run_id = :previous AND pv.url_id = q.url_id
LEFT JOIN _facts pf ON pf.id = pv.facts_id
WHERE q.run_id = :run AND q.origin_id = :origin AND (q.rank, q.url_id) > (:rank, :url)
ORDER BY q.rank, q.url_id
LIMIT :limit`

func (r *Recording) readTarget(stmt *sqlite.Stmt, host string) (sonde.Target, error) {
	previous, err := r.headers.previous(stmt, 10)
	return sonde.Target{
		URL:      stmt.ColumnText(2),
		Host:     host,
		Use:      sonde.Use(stmt.ColumnText(3)),
		By:       sonde.Discovery(stmt.ColumnText(4)),
		FoundOn:  stmt.ColumnText(5),
		Depth:    stmt.ColumnInt(6),
		Hops:     stmt.ColumnInt(7),
		Chain:    stmt.ColumnInt(8),
		Deaths:   stmt.ColumnInt(9),
		Previous: previous,
	}, err
}
