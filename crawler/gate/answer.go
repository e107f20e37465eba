package gate

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"sonde"
)

// Answer is what a request brought, as far as the gate learns from it. One that
// has neither status nor failure says nothing of the origin: the request was not
// made, or broken off by us.
type Answer struct {
	Status     int           // 0 when no answer came
	Failure    sonde.Failure // why the answer was not usable, or did not come
	Latency    time.Duration // from the request to the first byte; 0: not measured
	RetryAfter string        // the header field as it stood
	Date       string        // the header field as it stood: the clock that a date in RetryAfter was told by
}

func (a Answer) empty() bool { return a.Status == 0 && a.Failure == sonde.NoFailure }

// complaint reports whether the origin asks to be left alone.
func (a Answer) complaint() bool {
	if a.Status == http.StatusTooManyRequests || a.Status == http.StatusServiceUnavailable {
		return true
	}
	return a.Status >= 400 && a.wait() > 0
}

// silence reports whether nothing came that shows an origin at work. A malformed
// answer does: it is the page's fault and not a reason to give up the origin.
func (a Answer) silence() bool {
	return a.Failure != sonde.NoFailure && (a.Status == 0 || a.Failure.Outcome() != sonde.ProtocolError)
}

// bad reports whether the answer counts to the error rate.
func (a Answer) bad() bool { return a.Failure != sonde.NoFailure || a.Status >= 500 }

// says names what came, for people.
func (a Answer) says() string {
	if a.Failure != sonde.NoFailure {
		return string(a.Failure)
	}
	return "status " + strconv.Itoa(a.Status)
}

// wait is what Retry-After asks for (RFC 9110, section 10.2.3), at most 24 h. It is
// 0 where there is none, it lies in the past, or it cannot be read.
func (a Answer) wait() time.Duration {
	if a.RetryAfter == "" {
		return 0
	}
	text := strings.Trim(a.RetryAfter, " \t")
	if seconds, ok := deltaSeconds(text); ok {
		return min(seconds, longest)
	}
	date, err := http.ParseTime(text)
	if err != nil {
		return 0
	}
	return min(max(date.Sub(a.sent()), 0), longest)
}

// sent is when the origin answered, by its own clock where it shows one.
func (a Answer) sent() time.Time {
	if sent, err := http.ParseTime(a.Date); err == nil {
		return sent
	}
	return time.Now()
}

// deltaSeconds reads RFC 9110's 1*DIGIT. A number too large for anything is read
// as the longest duration there is.
func deltaSeconds(text string) (time.Duration, bool) {
	if text == "" || strings.Trim(text, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n > int64(math.MaxInt64/time.Second) {
		return math.MaxInt64, true
	}
	return time.Duration(n) * time.Second, true
}
