package sitemap

import (
	"bytes"
	"errors"
	"fmt"
)

// readText reads a list of URLs, one a line. Lines that are none are left out.
func (s *Sitemap) readText(text []byte) {
	for len(text) > 0 {
		var line []byte
		line, text = cutLine(text)
		switch line = bytes.TrimSpace(line); {
		case !hasScheme(line):
			continue
		case len(line) > maxLoc:
			s.complain(tooLong())
		case !s.room():
			return
		default:
			s.Kind = Text
			s.Entries = append(s.Entries, Entry{Loc: string(line)})
		}
	}
	if s.Kind != Text {
		s.complain(errors.New("this is no sitemap: neither XML nor a list of URLs"))
	}
}

func tooLong() error {
	return fmt.Errorf("a URL of more than %d bytes was left out", maxLoc)
}

// cutLine splits text behind its first line, which ends with CR, LF or both.
func cutLine(text []byte) (line, rest []byte) {
	i := bytes.IndexAny(text, "\r\n")
	if i < 0 {
		return text, nil
	}
	return text[:i], text[i+1:]
}

// hasScheme reports whether s begins like an absolute URL: a name and "://".
func hasScheme(s []byte) bool {
	name, _, found := bytes.Cut(s[:min(len(s), 32)], []byte("://"))
	if !found || len(name) == 0 {
		return false
	}
	for _, b := range name {
		if letter := 'a' <= b|0x20 && b|0x20 <= 'z'; !letter && !bytes.ContainsRune([]byte("0123456789+-."), rune(b)) {
			return false
		}
	}
	return true
}
