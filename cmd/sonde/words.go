package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// thousands writes a number with commas: 12,345,678.
func thousands(n int64) string {
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

// plural writes a number and what is counted: "1 URL", "2 URLs".
func plural(n int64, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return thousands(n) + " " + one + "s"
}

// inBytes writes a size in the unit that suits it: "31.2 MiB".
func inBytes(n int64) string {
	if n < 1<<10 {
		return plural(n, "byte")
	}
	size, unit := float64(n)/(1<<10), 0
	units := []string{"KiB", "MiB", "GiB", "TiB", "PiB"}
	for size >= 1023.95 && unit < len(units)-1 {
		size, unit = size/(1<<10), unit+1
	}
	return fmt.Sprintf("%.1f %s", size, units[unit])
}

// inWords writes a time as roughly as it is read: "0.4s", "12s", "2m13s", "1h05m".
func inWords(d time.Duration) string {
	switch s := int64(d.Round(time.Second) / time.Second); {
	case d < 10*time.Second:
		return fmt.Sprintf("%.1fs", d.Seconds())
	case s < 60:
		return fmt.Sprintf("%ds", s)
	case s < 3600:
		return fmt.Sprintf("%dm%02ds", s/60, s%60)
	default:
		return fmt.Sprintf("%dh%02dm", s/3600, s%3600/60)
	}
}

// quoted writes a word so that a shell reads it back as one.
func quoted(word string) string {
	special := func(r rune) bool {
		letter := r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z'
		return !letter && !strings.ContainsRune("-_./:,@%+=", r)
	}
	if word != "" && !strings.ContainsFunc(word, special) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
