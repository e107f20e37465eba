package report

import (
	"fmt"
	"strconv"
	"strings"

	"sonde"
)

// Spread is how values are spread: the value that so many of a hundred do not exceed.
type Spread struct {
	Count int64   `json:"count"`
	Mean  float64 `json:"mean"`
	P50   int64   `json:"p50"`
	P75   int64   `json:"p75"`
	P90   int64   `json:"p90"`
	P95   int64   `json:"p95"`
	P99   int64   `json:"p99"`
	Max   int64   `json:"max"`
}

// bar is a value and how often it was met.
type bar struct{ value, count int64 }

// spreadOf computes a spread of bars in the order of their values.
func spreadOf(bars []bar) Spread {
	var s Spread
	sum := 0.0
	for _, b := range bars {
		s.Count += b.count
		sum += float64(b.value) * float64(b.count)
	}
	if s.Count == 0 {
		return s
	}
	s.Mean = sum / float64(s.Count)
	s.Max = bars[len(bars)-1].value
	for percent, value := range map[int64]*int64{50: &s.P50, 75: &s.P75, 90: &s.P90, 95: &s.P95, 99: &s.P99} {
		*value = percentile(bars, s.Count, percent)
	}
	return s
}

// percentile is the smallest value that so many of a hundred do not exceed (nearest rank).
func percentile(bars []bar, count, percent int64) int64 {
	rank := (count*percent + 99) / 100
	for _, b := range bars {
		if rank -= b.count; rank <= 0 {
			return b.value
		}
	}
	return 0
}

func digits(n int64) string { return strconv.FormatInt(n, 10) }

// signed is a number with its sign, "" for 0.
func signed(n int64) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("%+d", n)
}

// listed writes counts one after the other, at most so many: "3 new, 2 title".
func listed(counts []Count, most int) string {
	var texts []string
	rest := int64(0)
	for i, c := range counts {
		if i < most {
			texts = append(texts, sonde.Thousands(c.Count)+" "+c.Name)
		} else {
			rest += c.Count
		}
	}
	if rest > 0 {
		texts = append(texts, sonde.Thousands(rest)+" other")
	}
	return strings.Join(texts, ", ")
}
