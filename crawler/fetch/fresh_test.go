package fetch

import (
	"net/http"
	"testing"
	"time"
)

func TestFreshness(t *testing.T) {
	const date = "Sun, 22 Nov 2026 09:00:00 GMT"
	for _, test := range []struct {
		control, expires string
		want             time.Duration
	}{
		{"", "", -1},
		{"public", "", -1},
		{"public, max-age=60", "", time.Minute},
		{`max-age="60"`, "", time.Minute},
		{"max-age=60, no-cache", "", 0},
		{"NO-STORE", "Sun, 22 Nov 2026 10:00:00 GMT", 0},
		{"max-age=nonsense", "", 0},
		{"max-age=-1", "", 0},
		{"max-age=99999999999999999999", "", longestFresh},
		{"max-age=60", "Sun, 22 Nov 2026 10:00:00 GMT", time.Minute}, // max-age goes before
		{"s-maxage=60", "", -1},                                      // for shared caches only
		{"", "Sun, 22 Nov 2026 10:00:00 GMT", time.Hour},
		{"", "Sun, 22 Nov 2026 08:00:00 GMT", 0},
		{"", "0", 0},
		{"", "Fri, 31 Dec 9999 23:59:59 GMT", longestFresh},
	} {
		h := http.Header{"Date": {date}}
		if test.control != "" {
			h.Set("Cache-Control", test.control)
		}
		if test.expires != "" {
			h.Set("Expires", test.expires)
		}
		if got := freshness(h); got != test.want {
			t.Errorf("Cache-Control %q, Expires %q: %v, want %v", test.control, test.expires, got, test.want)
		}
	}
}
