package crawler

import (
	"testing"
	"testing/synctest"

	"sonde"
)

// TestCrew hands out targets that take for ever, and one when these are done.
func TestCrew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun, end := make(chan string, 8), make(chan struct{})
		crew := newCrew(func(t sonde.Target) {
			begun <- t.URL
			<-end
		})
		for _, url := range []string{"a", "b", "c"} {
			crew.hand(sonde.Target{URL: url})
		}
		synctest.Wait()
		if len(begun) != 3 {
			t.Fatalf("%d of 3 targets are handled at once", len(begun))
		}
		close(end)
		synctest.Wait()
		crew.hand(sonde.Target{URL: "d"})
		crew.wait()
		handled := map[string]int{}
		for range len(begun) {
			handled[<-begun]++
		}
		for _, url := range []string{"a", "b", "c", "d"} {
			if handled[url] != 1 {
				t.Errorf("%s was handled %d times", url, handled[url])
			}
		}
	})
}
