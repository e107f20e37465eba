package main

import (
	"strings"
	"syscall"
	"testing"
	"time"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

// TestKilledWhileServing kills a sonde that serves in the middle of a scheduled run, and
// starts another: that run is finished, once.
func TestKilledWhileServing(t *testing.T) {
	c := newCaller(t)
	b, url, reached, release := slowBook(t)
	c.wants(c.sonde("site", "add", "book", url, "--rate", "0", "--sitemaps=false", "--probe", "off"), exitDone)
	c.wants(c.sonde("schedule", "add", "book", "@every 24h"), exitDone)
	c.makeDue()

	first := c.start("serve", "--listen", "127.0.0.1:0")
	<-reached
	first.signal(syscall.SIGKILL)
	first.ended()
	c.wants(c.sonde("query", "--csv", "SELECT state, run_status FROM slots"), exitDone, "running,running")

	close(release)
	second := c.start("serve", "--listen", "127.0.0.1:0")
	c.eventually("SELECT state || ' ' || run_status || ' ' || resumed FROM slots", "done finished 1")
	c.wants(c.sonde("query", "--csv", "SELECT count(*), max(trigger) FROM runs"), exitDone, "\r\n1,schedule\r\n")
	c.wants(c.sonde("query", "--csv", "SELECT count(*) FROM pages WHERE status = 200"), exitDone, "\r\n8\r\n")
	for chapter := range b.chapters {
		path := "/" + string(rune('1'+chapter))
		if n := b.times(path); n < 1 || n > 2 {
			t.Errorf("%s was asked for %d times, want once, or again where it was on its way", path, n)
		}
	}
	second.signal(syscall.SIGTERM)
	if e := second.ended(); e.code != exitInterrupted && e.code != exitDone {
		t.Errorf("after a signal it ended with %+v", e)
	}
}

// makeDue has every schedule of the file come now.
func (c *caller) makeDue() {
	c.Helper()
	conn, err := sqlite.OpenConn(c.path("sonde.db"), sqlite.OpenReadWrite)
	if err != nil {
		c.Fatal(err)
	}
	defer conn.Close()
	now := time.Now().UTC().Format("2006-01-02T15:04:05.000Z")
	err = sqlitex.Execute(conn, "UPDATE _schedules SET next_slot_at = ?1, next_at = ?1", &sqlitex.ExecOptions{Args: []any{now}})
	if err != nil {
		c.Fatal(err)
	}
}

// eventually waits until a query gives one value.
func (c *caller) eventually(query, want string) {
	c.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	got := ""
	for range 1500 {
		e := c.sonde("query", "--csv", query)
		_, got, _ = strings.Cut(strings.TrimSpace(e.out), "\r\n")
		if got == want {
			return
		}
		<-tick.C
	}
	c.Fatalf("%s gives %q and not %q", query, got, want)
}
