package store

import (
	"fmt"
	"testing"
	"time"

	"sonde"
)

// TestCourseIsKept: how a run went is kept when it closes and no visit is looked at again;
// of a run that was left without, the visits tell the same.
func TestCourseIsKept(t *testing.T) {
	f := crawled(t, 200)
	last, err := f.LastRun(t.Context(), "test")
	if err != nil {
		t.Fatal(err)
	}
	course := func() sonde.Course {
		t.Helper()
		c, err := f.Course(t.Context(), last, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	kept := course()
	fetched := int64(0)
	for _, lap := range kept.Laps {
		fetched += lap.Fetched
	}
	if fetched != 200 {
		t.Errorf("%d visits in %d laps, want 200", fetched, len(kept.Laps))
	}
	change(t, f, "CREATE TEMP TABLE kept AS SELECT * FROM _laps", "DELETE FROM _laps")
	if seen := course(); fmt.Sprint(seen) != fmt.Sprint(kept) {
		t.Errorf("by the visits %v, kept %v", seen, kept)
	}
	change(t, f, "INSERT INTO _laps SELECT * FROM kept", "UPDATE _visits SET fetched_epoch_ms = NULL")
	if again := course(); fmt.Sprint(again) != fmt.Sprint(kept) {
		t.Errorf("without the times of visits %v, with them %v", again, kept)
	}
}
