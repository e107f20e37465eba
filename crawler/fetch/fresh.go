package fetch

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// longestFresh is what longer times mean (RFC 9111, section 1.2.2).
const longestFresh = (math.MaxInt32 + 1) * time.Second

// freshness is how long a browser may use an answer without asking again
// (RFC 9111, section 4.2.1): 0 where it may not, negative where nothing says.
func freshness(h http.Header) time.Duration {
	age := time.Duration(-1)
	for _, value := range h["Cache-Control"] {
		for directive := range strings.SplitSeq(value, ",") {
			name, seconds, _ := strings.Cut(strings.TrimSpace(directive), "=")
			switch strings.ToLower(name) {
			case "no-store", "no-cache":
				return 0
			case "max-age":
				age = max(age, deltaSeconds(seconds))
			}
		}
	}
	if age < 0 && len(h["Expires"]) > 0 {
		age = untilExpiry(h)
	}
	return age
}

// deltaSeconds reads a number of seconds. What is none counts as over (RFC 9111,
// section 4.2.1).
func deltaSeconds(text string) time.Duration {
	seconds, err := strconv.ParseUint(strings.Trim(text, `"`), 10, 31)
	switch {
	case err == nil:
		return time.Duration(seconds) * time.Second
	case seconds > 0: // out of range
		return longestFresh
	}
	return 0
}

// untilExpiry is how far Expires lies behind Date; a date that is none, as "0", has
// passed (RFC 9111, section 5.3).
func untilExpiry(h http.Header) time.Duration {
	expires, err := http.ParseTime(h.Get("Expires"))
	if err != nil {
		return 0
	}
	sent, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		sent = time.Now()
	}
	return min(max(expires.Sub(sent), 0), longestFresh)
}
