package analyze

import (
	"errors"
	"strings"
	"testing"
)

// FuzzParseRule reads the files of rules, whoever wrote them: what is wrong with one is
// said with its name and a line that it has.
func FuzzParseRule(f *testing.F) {
	for _, r := range Rules()[:10] {
		f.Add(r.Name+".sql", r.SQL)
	}
	f.Add("x.sql", "-- title: a\n--  b\n-- threshold: n 1e999 x\n")
	f.Add("..sql", "")
	f.Fuzz(func(t *testing.T, file, text string) {
		r, err := ParseRule(file, text)
		var wrong *RuleError
		switch {
		case err == nil && (r.Title == "" || r.Severity.Rank() == 0 || r.Subject == "" || r.Why == "" || r.Fix == "" || r.SQL != text):
			t.Errorf("%q is taken as %+v", text, r)
		case err != nil && (!errors.As(err, &wrong) || wrong.File != file || wrong.Line > strings.Count(text, "\n")+1):
			t.Errorf("%q: %v", text, err)
		}
	})
}

// FuzzPlaces reads the fragments of links and the addresses that pages have.
func FuzzPlaces(f *testing.F) {
	for _, text := range []string{"", "top", "12-34", "caf%C3%A9", "a:~:text=b", "%", "http://a/%zz?b=%&c", "a//b_c/b_c/D", ":80"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p := placeOf(text)
		if !p.everywhere && p.written == "" {
			t.Errorf("%q points to nothing", text)
		}
		if path, _, _ := strings.Cut(pathPattern("http://a/"+text), "?"); strings.ContainsAny(path, "0123456789") {
			t.Errorf("the pattern of %q has numbers", text)
		}
		for _, address := range []string{text, "http://a/" + text, "https://a" + text + "/b_C"} {
			if got, want := urlFaults(address), parsedFaults(address); got != want {
				t.Errorf("the faults of %q are %v, by its parts %v", address, got, want)
			}
		}
		isLanguage(text)
		isPrivateHost(text)
		if words := bareWords(text); bareWords(words) != words {
			t.Errorf("the words of %q are %q, and of these %q", text, words, bareWords(words))
		}
		saysNotFound(text)
	})
}
