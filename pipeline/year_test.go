package pipeline

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
	_ "time/tzdata" // the zones of this test, whatever the machine has

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"sonde"
	"sonde/store"
)

// A span is a row of the table written by hand: on each day from one to another (of the
// year 2000) a slot at a time of day, both in UTC.
type span struct{ from, to, at string }

// The year 2000 has a leap day. Clocks went forward in Berlin on 26 March and in Sydney,
// for the Olympic Games, on 27 August already; back on 29 October and on 26 March.
var year = []struct {
	site, spec, zone string
	spans            []span
}{
	{"berlin.test", "30 2 * * *", "Europe/Berlin", []span{
		{"01-01", "03-25", "01:30"},
		{"03-26", "03-26", "01:00"}, // 02:30 does not exist: right after, at 03:00 summer time
		{"03-27", "10-29", "00:30"}, // on the last day 02:30 comes twice, and the slot the first time
		{"10-30", "12-31", "01:30"},
	}},
	{"sydney.test", "30 2 * * *", "Australia/Sydney", []span{
		{"01-01", "03-25", "15:30"}, // 26 March there: the first 02:30
		{"03-26", "08-25", "16:30"},
		{"08-26", "08-26", "16:00"}, // 27 August there: right after the gap
		{"08-27", "12-31", "15:30"},
	}},
	{"leap.test", "0 12 29 2 *", "UTC", []span{{"02-29", "02-29", "12:00"}}},
	{"month.test", "@monthly", "UTC", []span{
		{"02-01", "02-01", "00:00"}, {"03-01", "03-01", "00:00"}, {"04-01", "04-01", "00:00"}, {"05-01", "05-01", "00:00"},
		{"06-01", "06-01", "00:00"}, {"07-01", "07-01", "00:00"}, {"08-01", "08-01", "00:00"}, {"09-01", "09-01", "00:00"},
		{"10-01", "10-01", "00:00"}, {"11-01", "11-01", "00:00"}, {"12-01", "12-01", "00:00"},
	}},
	{"elapsed.test", "@every 120h", "Europe/Berlin", []span{
		{"01-06", "01-06", "00:00"}, {"01-11", "01-11", "00:00"}, {"01-16", "01-16", "00:00"}, {"01-21", "01-21", "00:00"},
		{"01-26", "01-26", "00:00"}, {"01-31", "01-31", "00:00"}, {"02-05", "02-05", "00:00"}, {"02-10", "02-10", "00:00"},
		{"02-15", "02-15", "00:00"}, {"02-20", "02-20", "00:00"}, {"02-25", "02-25", "00:00"}, {"03-01", "03-01", "00:00"},
		{"03-06", "03-06", "00:00"}, {"03-11", "03-11", "00:00"}, {"03-16", "03-16", "00:00"}, {"03-21", "03-21", "00:00"},
		{"03-26", "03-26", "00:00"}, {"03-31", "03-31", "00:00"}, {"04-05", "04-05", "00:00"}, {"04-10", "04-10", "00:00"},
		{"04-15", "04-15", "00:00"}, {"04-20", "04-20", "00:00"}, {"04-25", "04-25", "00:00"}, {"04-30", "04-30", "00:00"},
		{"05-05", "05-05", "00:00"}, {"05-10", "05-10", "00:00"}, {"05-15", "05-15", "00:00"}, {"05-20", "05-20", "00:00"},
		{"05-25", "05-25", "00:00"}, {"05-30", "05-30", "00:00"}, {"06-04", "06-04", "00:00"}, {"06-09", "06-09", "00:00"},
		{"06-14", "06-14", "00:00"}, {"06-19", "06-19", "00:00"}, {"06-24", "06-24", "00:00"}, {"06-29", "06-29", "00:00"},
		{"07-04", "07-04", "00:00"}, {"07-09", "07-09", "00:00"}, {"07-14", "07-14", "00:00"}, {"07-19", "07-19", "00:00"},
		{"07-24", "07-24", "00:00"}, {"07-29", "07-29", "00:00"}, {"08-03", "08-03", "00:00"}, {"08-08", "08-08", "00:00"},
		{"08-13", "08-13", "00:00"}, {"08-18", "08-18", "00:00"}, {"08-23", "08-23", "00:00"}, {"08-28", "08-28", "00:00"},
		{"09-02", "09-02", "00:00"}, {"09-07", "09-07", "00:00"}, {"09-12", "09-12", "00:00"}, {"09-17", "09-17", "00:00"},
		{"09-22", "09-22", "00:00"}, {"09-27", "09-27", "00:00"}, {"10-02", "10-02", "00:00"}, {"10-07", "10-07", "00:00"},
		{"10-12", "10-12", "00:00"}, {"10-17", "10-17", "00:00"}, {"10-22", "10-22", "00:00"}, {"10-27", "10-27", "00:00"},
		{"11-01", "11-01", "00:00"}, {"11-06", "11-06", "00:00"}, {"11-11", "11-11", "00:00"}, {"11-16", "11-16", "00:00"},
		{"11-21", "11-21", "00:00"}, {"11-26", "11-26", "00:00"}, {"12-01", "12-01", "00:00"}, {"12-06", "12-06", "00:00"},
		{"12-11", "12-11", "00:00"}, {"12-16", "12-16", "00:00"}, {"12-21", "12-21", "00:00"}, {"12-26", "12-26", "00:00"},
		{"12-31", "12-31", "00:00"},
	}},
}

// What happens to the process. Between "stop" and the next event no sonde serves.
var events = []struct{ at, what string }{
	{"01-05 01:40", "crash"}, // in the middle of Berlin's run
	{"02-01 00:05", "crash"}, // of the month's
	{"02-29 12:10", "crash"}, // of that of the leap day
	{"03-25 15:35", "crash"}, // of Sydney's, in the hour that comes twice
	{"03-26 01:05", "crash"}, // of Berlin's, right after the gap
	{"04-10 20:00", "crash"}, // nothing goes on
	{"05-11 12:00", "stop"},  // two days: of Berlin's 12 and 13 May the last is caught up with
	{"05-13 12:00", "start"},
	{"06-10 10:00", "ahead"}, // the clock jumps 20 hours ahead, over a slot of Sydney and one of Berlin
	{"06-20 10:00", "back"},  // and back again
	{"08-26 16:05", "crash"},
	{"09-30 00:00", "crash"},
	{"10-29 00:40", "crash"}, // of Berlin's, in the hour that comes twice
	{"12-31 00:10", "crash"},
}

// skipped are the slots that the two days left out.
var skipped = map[string]bool{
	"berlin.test 05-12 00:30": true,
	"sydney.test 05-11 16:30": true,
}

// TestYear lives through a year in which much goes wrong, and compares what ran with the
// table above.
func TestYear(t *testing.T) {
	if testing.Short() {
		t.Skip("a year of a thousand runs is long")
	}
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, path: filepath.Join(t.TempDir(), "sonde.db")}
		w.prepare()
		for _, event := range events {
			w.serve(event.at, event.what == "crash")
			switch event.what {
			case "stop":
				w.asleep = true
			case "start":
				w.asleep = false
			case "ahead":
				w.offset.Add(int64(20 * time.Hour))
			case "back":
				w.offset.Add(-int64(20 * time.Hour))
			}
		}
		w.serve("12-31 23:59", false)
		w.compare()
	})
}

// world is a file, a clock that can be set, and a process that serves now and then.
type world struct {
	t        *testing.T
	path     string
	offset   atomic.Int64 // of the clock
	asleep   bool         // no sonde serves
	crashing atomic.Bool
}

func (w *world) clock() time.Time { return time.Now().Add(time.Duration(w.offset.Load())).UTC() }

func (w *world) open() *store.File {
	w.t.Helper()
	file, err := store.Open(w.t.Context(), w.path, store.Options{Clock: w.clock})
	if err != nil {
		w.t.Fatal(err)
	}
	return file
}

func (w *world) prepare() {
	w.t.Helper()
	file := w.open()
	defer file.Close()
	loop := NewLoop(LoopConfig{File: file, Clock: w.clock})
	for _, s := range year {
		if _, err := file.SaveSite(sonde.Site{Name: s.site, Seeds: []string{"http://" + s.site + "/"}, Policy: sonde.DefaultPolicy()}); err != nil {
			w.t.Fatal(err)
		}
		if _, err := loop.SaveSchedule(sonde.Schedule{Site: s.site, Spec: s.spec, Zone: s.zone, Grace: -1}); err != nil {
			w.t.Fatal(err)
		}
	}
}

// serve lets a process serve until an instant, and then end well or in a crash. It waits
// where none serves.
func (w *world) serve(until string, crash bool) {
	w.t.Helper()
	end, err := time.Parse("2006-01-02 15:04", "2000-"+until)
	if err != nil {
		w.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(w.t.Context(), time.Until(end))
	defer cancel()
	if w.asleep {
		<-ctx.Done()
		return
	}
	file := w.open()
	defer file.Close()
	loop := NewLoop(LoopConfig{File: file, Clock: w.clock, MaxRuns: 3})
	loop.crawl, loop.tick = w.crawl, 3*time.Hour
	w.crashing.Store(crash)
	if err := loop.Run(ctx); err != nil {
		w.t.Fatal(err)
	}
}

// crawl stands for a crawl of 20 minutes. A crash leaves the run as one that goes on.
func (w *world) crawl(ctx context.Context, o Order) (Result, error) {
	recording, err := o.record(ctx)
	if err != nil {
		return Result{}, err
	}
	run := recording.Run()
	o.Begun(run, recording.Pending)
	done := time.NewTimer(20 * time.Minute)
	defer done.Stop()
	select {
	case <-done.C:
		return Result{Run: run}, recording.Close(ctx, sonde.Finished, "")
	case <-ctx.Done():
	}
	err = recording.Close(context.WithoutCancel(ctx), sonde.Stopped, "")
	if w.crashing.Load() && err == nil {
		err = w.change("UPDATE _runs SET status = 'running', finished_at = NULL WHERE id = ?", run.ID)
	}
	return Result{Run: run}, err
}

func (w *world) change(statement string, args ...any) error {
	conn, err := sqlite.OpenConn(w.path, sqlite.OpenReadWrite)
	if err != nil {
		return err
	}
	defer conn.Close()
	return sqlitex.Execute(conn, statement, &sqlitex.ExecOptions{Args: args})
}

// compare holds that every slot of the table has one row, that it ended as it should,
// and that every run belongs to one slot and is finished.
func (w *world) compare() {
	w.t.Helper()
	file := w.open()
	defer file.Close()
	var got []string
	err := file.Read(w.t.Context(), func(conn *sqlite.Conn) error {
		return sqlitex.Execute(conn, "SELECT site, slot_at, state, coalesce(run_status, '-') FROM slots", &sqlitex.ExecOptions{
			ResultFunc: func(stmt *sqlite.Stmt) error {
				at := stmt.ColumnText(1)
				got = append(got, fmt.Sprintf("%s %s %s %s %s", stmt.ColumnText(0), at[5:10], at[11:16], stmt.ColumnText(2), stmt.ColumnText(3)))
				return nil
			},
		})
	})
	if err != nil {
		w.t.Fatal(err)
	}
	want := table(w.t)
	slices.Sort(got)
	slices.Sort(want)
	if missing := without(want, got); len(missing) > 0 {
		w.t.Errorf("of %d slots these did not come out as the table says: %q", len(want), missing)
	}
	if surplus := without(got, want); len(surplus) > 0 {
		w.t.Errorf("these came that are not in the table: %q", surplus)
	}
	if runs, err := file.Runs(w.t.Context()); err != nil || len(runs) != len(want)-len(skipped) {
		w.t.Errorf("there are %d runs (%v), want one for each of %d slots", len(runs), err, len(want)-len(skipped))
	}
}

// table writes the spans out.
func table(t *testing.T) []string {
	var rows []string
	for _, s := range year {
		for _, span := range s.spans {
			day, err := time.Parse(time.DateOnly, "2000-"+span.from)
			if err != nil {
				t.Fatal(err)
			}
			for ; day.Format("01-02") <= span.to && day.Year() == 2000; day = day.AddDate(0, 0, 1) {
				row := fmt.Sprintf("%s %s %s", s.site, day.Format("01-02"), span.at)
				if skipped[row] {
					rows = append(rows, row+" skipped -")
				} else {
					rows = append(rows, row+" done finished")
				}
			}
		}
	}
	return rows
}

func without(rows, others []string) []string {
	return slices.DeleteFunc(slices.Clone(rows), func(row string) bool { return slices.Contains(others, row) })
}
