package sonde

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestTidy(t *testing.T) {
	for text, want := range map[string]string{
		"plain":            "plain",
		"two\r\nlines":     "two  lines",
		"esc\x1b[31m":      "esc [31m",
		"not \xff UTF-8":   "not \uFFFD UTF-8",
		"c1 \u009b in the": "c1   in the",
	} {
		if got := Tidy(text); got != want {
			t.Errorf("Tidy(%q) = %q, want %q", text, got, want)
		}
	}
	for _, long := range []string{strings.Repeat("x", 2*maxDetail), strings.Repeat("é", maxDetail), "x" + strings.Repeat("é", maxDetail)} {
		if got := Tidy(long); len(got) > maxDetail+len("…") || !utf8.ValidString(got) || !strings.HasSuffix(got, "…") {
			t.Errorf("Tidy of %d bytes gives %d: %q", len(long), len(got), got)
		}
	}
}
