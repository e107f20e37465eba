package main

import (
	"fmt"
	"strings"
	"time"
)

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
