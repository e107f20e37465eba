package sonde

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Thousands writes a number with commas: 12,345,678.
func Thousands(n int64) string {
	digits := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, digits = "-", digits[1:]
	}
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(d)
	}
	return sign + b.String()
}

// Plural writes a number and what is counted: "1 URL", "2 URLs".
func Plural(n int64, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return Thousands(n) + " " + one + "s"
}

// InBytes writes a size in the unit that suits it: "31.2 MiB".
func InBytes(n int64) string {
	if n < 1<<10 {
		return Plural(n, "byte")
	}
	size, unit := float64(n)/(1<<10), 0
	units := []string{"KiB", "MiB", "GiB", "TiB", "PiB"}
	for size >= 1023.95 && unit < len(units)-1 {
		size, unit = size/(1<<10), unit+1
	}
	return fmt.Sprintf("%.1f %s", size, units[unit])
}

// InTime writes a time as roughly as it is read: "0.4 s", "12 s", "2 min 13 s",
// "1 h 5 min", "3 days".
func InTime(d time.Duration) string {
	switch s := int64(d.Round(time.Second) / time.Second); {
	case d < 10*time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case s < 60:
		return fmt.Sprintf("%d s", s)
	case s < 3600:
		return fmt.Sprintf("%d min %d s", s/60, s%60)
	case s < 48*3600:
		return fmt.Sprintf("%d h %d min", s/3600, s%3600/60)
	default:
		return fmt.Sprintf("%d days", s/(24*3600))
	}
}
