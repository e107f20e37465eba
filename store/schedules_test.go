package store

import (
	"errors"
	"testing"
	"time"

	"zombiezen.com/go/sqlite"

	"sonde"
)

// scheduleOnce gives a site a schedule that has come once.
func scheduleOnce(t *testing.T, f *File, site string) sonde.Schedule {
	t.Helper()
	s, err := f.SaveSchedule(sonde.Schedule{
		Site: site, Spec: "30 3 * * *", Zone: "Europe/Berlin", Overlap: sonde.OverlapSkip, Missed: sonde.MissedOnce,
		Grace: time.Hour, Jitter: time.Minute,
	})
	if err != nil {
		t.Fatal(err)
	}
	s.NextSlot = time.Date(2026, 11, 26, 2, 30, 0, 0, time.UTC)
	s.NextAt = s.NextSlot.Add(20 * time.Second)
	came := sonde.Slot{Schedule: s.ID, Site: site, For: s.NextSlot.AddDate(0, 0, -1), BeginsAt: s.NextAt.AddDate(0, 0, -1), State: sonde.SlotWaiting}
	if err := f.MoveOn(s, []sonde.Slot{came, came}); err != nil {
		t.Fatal(err)
	}
	return s
}

// TestSchedules follows a slot from the moment it comes to the end of its run.
func TestSchedules(t *testing.T) {
	f := open(t)
	site, err := f.SaveSite(sonde.Site{Name: "h.test", Policy: sonde.DefaultPolicy()})
	if err != nil {
		t.Fatal(err)
	}
	saved := scheduleOnce(t, f, site.Name)
	read, err := f.Schedule(t.Context(), saved.ID)
	read.CreatedAt, saved.CreatedAt = time.Time{}, time.Time{}
	if err != nil || read != saved {
		t.Fatalf("the schedule came back as %+v (%v), want %+v", read, err, saved)
	}
	slot := onlySlot(t, f)
	if slot.State != sonde.SlotWaiting || slot.Schedule != saved.ID {
		t.Fatalf("the slot is %+v", slot)
	}
	r, err := f.BeginRun(t.Context(), site, slot.ID, nil)
	if err != nil {
		t.Fatal(err)
	}
	if slot := onlySlot(t, f); slot.State != sonde.SlotRunning || slot.Run != r.Run().ID || r.Run().Trigger != sonde.Scheduled {
		t.Errorf("while run %d goes on by %s, the slot is %+v", r.Run().ID, r.Run().Trigger, slot)
	}
	if err := r.Close(t.Context(), sonde.Finished, ""); err != nil {
		t.Fatal(err)
	}
	wants(t, f, map[string]int64{
		"SELECT count(*) FROM slots WHERE state = 'done' AND run_status = 'finished'":                       1,
		"SELECT count(*) FROM runs WHERE trigger = 'schedule' AND slot_at = '2026-11-25T02:30:00.000Z'":     1,
		"SELECT count(*) FROM sites WHERE schedule = '30 3 * * *' AND next_run_at LIKE '2026-11-26T02:30%'": 1,
	})
	if err := f.RemoveSchedule(saved.ID); err != nil {
		t.Fatal(err)
	}
	if got := ask(t, f, "SELECT count(*) FROM slots WHERE schedule_id IS NULL AND run_id IS NOT NULL"); got != 1 {
		t.Error("removing a schedule took what it brought with it")
	}
	if err := f.RemoveSchedule(saved.ID); !errors.Is(err, ErrNoSchedule) {
		t.Errorf("removing it again gives %v, want ErrNoSchedule", err)
	}
}

func onlySlot(t *testing.T, f *File) sonde.Slot {
	t.Helper()
	slots, err := f.OpenSlots(t.Context())
	if err != nil || len(slots) != 1 {
		t.Fatalf("the open slots are %+v (%v), want one", slots, err)
	}
	return slots[0]
}

// TestSlotsOfStoppedRuns holds that a run that was stopped keeps its slot open, to be
// gone on with, and that one cut by a crash remembers so.
func TestSlotsOfStoppedRuns(t *testing.T) {
	f := open(t)
	site, err := f.SaveSite(sonde.Site{Name: "h.test", Policy: sonde.DefaultPolicy()})
	if err != nil {
		t.Fatal(err)
	}
	slot, err := f.AddSlot(sonde.Slot{Site: site.Name, For: time.Now(), BeginsAt: time.Now(), State: sonde.SlotWaiting})
	if err != nil {
		t.Fatal(err)
	}
	r, err := f.BeginRun(t.Context(), site, slot.ID, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Close(t.Context(), sonde.Stopped, ""); err != nil {
		t.Fatal(err)
	}
	if slot := onlySlot(t, f); slot.State != sonde.SlotRunning || slot.Resumed || r.Run().Trigger != sonde.Manual {
		t.Errorf("after the stop the slot is %+v", slot)
	}
	run := r.Run()
	for _, step := range []struct {
		status  sonde.RunStatus
		resumed bool
	}{{sonde.Stopped, false}, {sonde.Interrupted, true}, {sonde.Stopped, true}} {
		if err := f.change(func(conn *sqlite.Conn) error {
			return exec(conn, "UPDATE _runs SET status = ? WHERE id = ?", string(step.status), run.ID)
		}); err != nil {
			t.Fatal(err)
		}
		if err := f.reopenRun(run); err != nil {
			t.Fatal(err)
		}
		if slot := onlySlot(t, f); slot.Resumed != step.resumed {
			t.Errorf("resumed from %s, the slot says resumed = %t", step.status, slot.Resumed)
		}
	}
	if err := f.SetSlot(slot.ID, sonde.SlotDone, ""); err != nil {
		t.Fatal(err)
	}
	if slots, err := f.OpenSlots(t.Context()); err != nil || len(slots) != 0 {
		t.Errorf("open slots are left: %+v (%v)", slots, err)
	}
}
