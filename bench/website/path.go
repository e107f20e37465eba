package website

import (
	"slices"
	"strings"
)

// words make the texts and the paths. There are 32, so that a path is a number in
// base 32: no digits, as real sites write theirs.
var words = []string{
	"amber", "anchor", "beacon", "birch", "canal", "cedar", "cliff", "coral",
	"delta", "drift", "ember", "fjord", "garden", "granite", "harbour", "heron",
	"island", "juniper", "kestrel", "lantern", "meadow", "north", "ocean", "pebble",
	"quarry", "river", "saffron", "timber", "umbra", "valley", "willow", "zephyr",
}

// slugWords is how many words a path has: enough for 32 million pages.
const slugWords = 5

// Pages that follow each other have paths that look unlike: the number is
// multiplied by scatter, and by its inverse to find it again, modulo 32^slugWords.
const (
	scatter = 0x9E3779
	gather  = 0xB382C9
	modulus = 1 << (5 * slugWords)
)

// Path is the path of a page: "/" for the first, "/coral/amber-north-…" for others.
func Path(number int) string {
	return string(appendPath(nil, number))
}

// appendPath appends a page's path.
func appendPath(out []byte, number int) []byte {
	out = append(out, '/')
	if number == 0 {
		return out
	}
	number = number * scatter % modulus
	for i := range slugWords {
		switch {
		case i == 1:
			out = append(out, '/')
		case i > 1:
			out = append(out, '-')
		}
		out = append(out, words[number%len(words)]...)
		number /= len(words)
	}
	return out
}

// number finds the page that a path names.
func number(path string) (int, bool) {
	if path == "/" {
		return 0, true
	}
	slug := strings.Split(strings.Replace(strings.TrimPrefix(path, "/"), "/", "-", 1), "-")
	if len(slug) != slugWords {
		return 0, false
	}
	n := 0
	for _, word := range slices.Backward(slug) {
		digit, found := slices.BinarySearch(words, word)
		if !found {
			return 0, false
		}
		n = n*len(words) + digit
	}
	n = n * gather % modulus
	return n, n > 0 && Path(n) == path
}
