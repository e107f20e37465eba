package gate

import (
	"testing"
	"time"
)

// FuzzRetryAfter reads what strangers write. Nothing they write makes us wait for
// longer than a day, or for less than nothing.
func FuzzRetryAfter(f *testing.F) {
	for _, text := range []string{"", "3", "-5", "1e9", "99999999999999999999", "Sat, 01 Jan 2000 00:00:07 GMT", "Sat Jan  1 00:00:07 2000", "\x00\xff"} {
		f.Add(text, "Fri, 31 Dec 1999 23:59:59 GMT")
		f.Add(text, text)
		f.Add(text, "Sun, 02 Jan 2000 00:00:00 GMT")
	}
	f.Fuzz(func(t *testing.T, text, date string) {
		a := Answer{Status: 429, RetryAfter: text, Date: date}
		if wait := a.wait(); wait < 0 || wait > 24*time.Hour {
			t.Errorf("Retry-After %q with Date %q asks for %v", text, date, wait)
		}
	})
}
