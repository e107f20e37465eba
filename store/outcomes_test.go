package store

import (
	"slices"
	"testing"

	"sonde"
)

// TestOutcomeCounts holds that the ways in which URLs ended add up, and what waits.
func TestOutcomeCounts(t *testing.T) {
	f := open(t)
	r := begin(t, f, "http://h.test/1")
	if got := r.Pending(); got != 1 {
		t.Errorf("at first %d targets wait, want the seed", got)
	}
	crawl(t, r, binaryTree(7))
	if got := r.Pending(); got != 0 {
		t.Errorf("at last %d targets wait, want none", got)
	}
	if err := r.Close(t.Context(), sonde.Finished, ""); err != nil {
		t.Fatal(err)
	}
	got, err := f.OutcomeCounts(t.Context(), r.Run().ID)
	want := []OutcomeCount{{Outcome: sonde.OK, Status: 200, Count: 7}}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("OutcomeCounts = %+v, %v, want %+v", got, err, want)
	}
	if got, err := f.OutcomeCounts(t.Context(), 99); len(got) != 0 || err != nil {
		t.Errorf("of a run that is not there: %+v, %v, want nothing", got, err)
	}
}
