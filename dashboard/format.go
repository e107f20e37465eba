package dashboard

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// inMilliseconds writes a short time: "12 ms", "1.25 s".
func inMilliseconds(ms float64) string {
	switch {
	case ms >= 10_000:
		return fmt.Sprintf("%.1f s", ms/1000)
	case ms >= 1000:
		return fmt.Sprintf("%.2f s", ms/1000)
	case ms == float64(int64(ms)):
		return fmt.Sprintf("%.0f ms", ms)
	}
	return fmt.Sprintf("%.1f ms", ms)
}

// percent writes a part of a whole.
func percent(part, whole int64) string {
	if whole == 0 {
		return "–"
	}
	p := 100 * float64(part) / float64(whole)
	if p > 0 && p < 0.1 || p > 99.9 && part < whole {
		return fmt.Sprintf("%.2f %%", p)
	}
	return fmt.Sprintf("%.1f %%", p)
}

// shortURL splits a URL for display, without its scheme: the host, which is set dim,
// and the rest, the middle of which is left out where it is long.
func shortURL(url string) (origin, rest string) {
	scheme, after, found := strings.Cut(url, "://")
	if !found || scheme != "http" && scheme != "https" {
		return "", middle(url, 80)
	}
	slash := strings.IndexByte(after, '/')
	if slash < 0 {
		return middle(url, 80), ""
	}
	return middle(after[:slash], 40), middle(after[slash:], 60)
}

// middle leaves out the middle of a text that has more than so many characters.
func middle(text string, most int) string {
	runes := []rune(text)
	if len(runes) <= most {
		return text
	}
	head := (most - 1) * 2 / 3
	return string(runes[:head]) + "…" + string(runes[len(runes)-(most-1-head):])
}

// end leaves out the end of a text that has more than so many characters.
func end(text string, most int) string {
	runes := []rune(text)
	if len(runes) <= most {
		return text
	}
	return string(runes[:most-1]) + "…"
}

// visible spells out what would be invisible or change the direction of a text.
func visible(text string) string {
	if !strings.ContainsFunc(text, hidden) && utf8.ValidString(text) {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		if hidden(r) {
			fmt.Fprintf(&b, `\u%04x`, r)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

func hidden(r rune) bool {
	return unicode.IsControl(r) && r != '\n' && r != '\t' || unicode.Is(unicode.Bidi_Control, r)
}

// sentence is what an error says, as a sentence.
func sentence(err error) string {
	text := err.Error()
	if text == "" {
		return ""
	}
	first, size := utf8.DecodeRuneInString(text)
	text = string(unicode.ToUpper(first)) + text[size:]
	if !strings.HasSuffix(text, ".") && !strings.HasSuffix(text, "?") {
		text += "."
	}
	return visible(text)
}

// followable reports whether a URL may become a link: only the web is.
func followable(url string) bool {
	return strings.HasPrefix(url, "http://") || strings.HasPrefix(url, "https://")
}

func upper(text string) string { return strings.ToUpper(text) }
