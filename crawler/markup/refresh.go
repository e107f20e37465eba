package markup

import (
	"strconv"
	"strings"

	"sonde"
)

// Refresh parses the value of a meta refresh or a Refresh header by the shared
// declarative refresh steps of the HTML Standard (4.2.5.3). It answers nil for a
// value that a browser ignores; a URL of "" means the page itself.
func Refresh(value string) *sonde.Refresh {
	rest := strings.TrimLeft(value, whiteSpace)
	digits := len(rest) - len(strings.TrimLeft(rest, "0123456789"))
	if digits == 0 && !strings.HasPrefix(rest, ".") {
		return nil
	}
	refresh := &sonde.Refresh{Seconds: seconds(rest[:digits])}
	rest = strings.TrimLeft(rest[digits:], "0123456789.")
	if rest == "" {
		return refresh
	}
	if !strings.ContainsRune(";,"+whiteSpace, rune(rest[0])) {
		return nil
	}
	rest = strings.TrimLeft(rest, whiteSpace)
	if strings.HasPrefix(rest, ";") || strings.HasPrefix(rest, ",") {
		rest = strings.TrimLeft(rest[1:], whiteSpace)
	}
	refresh.URL = refreshTarget(rest)
	return refresh
}

const whiteSpace = "\t\n\f\r "

// seconds is the number that digits write, and the greatest that fits for more.
func seconds(digits string) int {
	n, err := strconv.ParseInt(digits, 10, 32)
	if err != nil && digits != "" {
		n = 1<<31 - 1
	}
	return int(n)
}

// refreshTarget takes the "url=" and the quotes off a refresh's URL. Where "url"
// has begun and does not go on to its equals sign, it is the URL.
func refreshTarget(text string) string {
	if text == "" || text[0]|0x20 != 'u' {
		return unquote(text)
	}
	if len(text) < 3 || !strings.EqualFold(text[:3], "url") {
		return text
	}
	rest, found := strings.CutPrefix(strings.TrimLeft(text[3:], whiteSpace), "=")
	if !found {
		return text
	}
	return unquote(strings.TrimLeft(rest, whiteSpace))
}

// unquote takes what stands between a quote at the start and the next one like it.
func unquote(text string) string {
	if text == "" || text[0] != '"' && text[0] != '\'' {
		return text
	}
	inside, _, _ := strings.Cut(text[1:], text[:1])
	return inside
}
