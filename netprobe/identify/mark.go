package identify

import (
	"regexp"

	"sonde"
)

// mark is how a product shows itself in a text. The first group of the pattern, where
// it has one, is the version; the second the packager's part of it.
type mark struct {
	product string
	text    *regexp.Regexp
}

// marked looks for the first mark that fits a text, and writes its product into s.
func marked(s *sonde.Service, marks []mark, text string) {
	for _, m := range marks {
		found := m.text.FindStringSubmatch(text)
		if found == nil {
			continue
		}
		s.Product = m.product
		if len(found) > 1 {
			s.Version = found[1]
		}
		if len(found) > 2 {
			tell(s, "package", found[2])
		}
		return
	}
}

// tell adds a fact; one without a value is none.
func tell(s *sonde.Service, name, value string) {
	if value != "" {
		s.Facts = append(s.Facts, sonde.Fact{Name: name, Value: value})
	}
}

// fits makes a detector's knows of a pattern.
func fits(pattern string) func([]byte) bool {
	return regexp.MustCompile(pattern).Match
}
