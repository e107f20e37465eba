package fetch

import (
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"sonde"
)

// maxFields is how many header fields of an answer are kept.
const maxFields = 1_000

// fields are the header fields as they may be kept: sorted by name, at most
// maxFields, in valid UTF-8, without secrets unless they are wanted. cut tells that
// there were more.
func fields(h http.Header, secret bool) (kept []sonde.HeaderField, cut bool) {
	names := make([]string, 0, len(h))
	count := 0
	for name, values := range h {
		names = append(names, name)
		count += len(values)
	}
	slices.Sort(names)
	kept = make([]sonde.HeaderField, 0, min(count, maxFields))
	for _, name := range names {
		for _, value := range h[name] {
			if len(kept) == maxFields {
				return kept, true
			}
			shown := text(value)
			if !secret {
				shown = withoutSecret(name, shown)
			}
			kept = append(kept, sonde.HeaderField{Name: text(name), Value: shown})
		}
	}
	return kept, false
}

// text is a header value as text. Octets that are not UTF-8 are read as ISO
// 8859-1, which field values once were (RFC 9110, section 5.5); control
// characters, which no field value may hold, become the replacement character.
func text(value string) string {
	if isPlain(value) {
		return value
	}
	if utf8.ValidString(value) {
		return strings.Map(printable, value)
	}
	var b strings.Builder
	for _, octet := range []byte(value) {
		b.WriteRune(printable(rune(octet)))
	}
	return b.String()
}

func isPlain(value string) bool {
	for i := 0; i < len(value); i++ {
		if value[i] < ' ' || value[i] > '~' {
			return false
		}
	}
	return true
}

func printable(r rune) rune {
	if r < ' ' && r != '\t' || r >= 0x7f && r < 0xa0 {
		return utf8.RuneError
	}
	return r
}

// secrets are response header fields whose value lets its holder in somewhere.
var secrets = map[string]bool{
	"Authorization": true, "Proxy-Authorization": true, "Authentication-Info": true, "Proxy-Authentication-Info": true,
	"Cookie": true, "X-Api-Key": true, "X-Auth-Token": true, "X-Access-Token": true, "X-Amz-Security-Token": true,
	"X-Csrf-Token": true, "X-Xsrf-Token": true, "X-Session-Id": true, "X-Session-Token": true,
	"X-Subject-Token": true, "X-Vault-Token": true,
}

// withoutSecret is value without what is secret in it: of a cookie the name and
// the attributes stay, of other secrets nothing.
func withoutSecret(name, value string) string {
	switch {
	case name == "Set-Cookie" || name == "Set-Cookie2":
		pair, attributes, more := strings.Cut(value, ";")
		cookie, _, named := strings.Cut(pair, "=")
		if !named {
			cookie = ""
		}
		if more {
			attributes = ";" + attributes
		}
		return strings.TrimSpace(cookie) + "=" + attributes
	case secrets[name]:
		return ""
	}
	return value
}

// mediaType is the media type of a Content-Type header: lower case, without
// parameters, "" where there is none.
func mediaType(contentType string) string {
	contentType, _, _ = strings.Cut(contentType, ";")
	contentType = strings.ToLower(strings.TrimSpace(contentType))
	if !strings.Contains(contentType, "/") {
		return ""
	}
	return contentType
}

// textual reports whether a body of that media type may hold links or text worth
// reading whole. A type that is not told may be anything.
func textual(mediaType string) bool {
	switch mediaType {
	case "", "application/xhtml+xml", "application/xml", "application/json", "application/javascript", "application/x-javascript":
		return true
	}
	return strings.HasPrefix(mediaType, "text/") || strings.HasSuffix(mediaType, "+xml") || strings.HasSuffix(mediaType, "+json")
}
