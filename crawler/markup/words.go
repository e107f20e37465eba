package markup

import (
	"encoding/binary"
	"math/bits"
	"unicode"
	"unicode/utf8"
)

// words counts and fingerprints the words of the visible text as it streams by.
// A word is what stands between white space and has a letter or a digit; of
// Chinese and Japanese, which put no space between words, every character is one.
// The fingerprints are of folded case: text over all that stands between white
// space in its order, sim over the words.
type words struct {
	count int
	text  uint64
	sim   simHash

	token  []byte // a token that went to the end of its run, folded
	worded bool   // token has a letter or a digit

	before, last uint64 // the hashes of the two words before
}

// maxToken is where a run of bytes without white space is cut into several tokens.
const maxToken = 64

func (w *words) reset() {
	*w = words{token: w.token[:0]}
}

// add reads on in a run of text. A token may go on from run to run.
func (w *words) add(run []byte) {
	i := 0
	if len(w.token) > 0 {
		i = w.carry(run, 0)
	}
	for i < len(run) {
		if isSpace(run[i]) {
			i++
			continue
		}
		start, seen := i, kind(0)
		for end := min(start+maxToken, len(run)); i < end && kinds[run[i]]&(space|high) == 0; i++ {
			seen |= kinds[run[i]]
		}
		if i == len(run) || !isSpace(run[i]) {
			i = w.carry(run, start)
			continue
		}
		w.take(hashToken(run, start, i), seen&(letter|digit) != 0)
	}
}

// carry reads the token at i the slow way, which is right for every character, and
// gives the position where it ends. A token that the run ends in is kept.
func (w *words) carry(run []byte, i int) int {
	for i < len(run) && len(w.token) < maxToken {
		c := run[i]
		if c < utf8.RuneSelf {
			if isSpace(c) {
				break
			}
			w.token = append(w.token, lower[c])
			w.worded = w.worded || kinds[c]&(letter|digit) != 0
			i++
			continue
		}
		r, size := utf8.DecodeRune(run[i:])
		i += size
		folded, class := classify(r)
		switch class {
		case spacing:
			w.gap()
			return i
		case ideograph:
			w.gap()
			w.token, w.worded = utf8.AppendRune(w.token, r), true
			w.gap()
			return i
		}
		w.token = utf8.AppendRune(w.token, folded)
		w.worded = w.worded || class == wording
	}
	if i < len(run) {
		w.gap()
	}
	return i
}

// gap ends the token at hand.
func (w *words) gap() {
	if len(w.token) > 0 {
		w.take(hashToken(w.token, 0, len(w.token)), w.worded)
		w.token, w.worded = w.token[:0], false
	}
}

// take takes a token by its hash; worded says that it is a word.
func (w *words) take(hash uint64, worded bool) {
	w.text = mix(w.text, hash)
	if !worded {
		return
	}
	w.count++
	if w.count >= shingle {
		w.sim.add(mix(mix(w.before, w.last), hash))
	}
	w.before, w.last = w.last, hash
}

// shingle is the number of words in a row that the SimHash takes as one feature.
const shingle = 3

// sum ends the text and gives the number of its words, its hash and its SimHash;
// a hash is 0 where there is nothing to hash.
func (w *words) sum() (count int, text, sim uint64) {
	w.gap()
	if w.count == 0 {
		return 0, w.text, 0
	}
	if w.count < shingle {
		w.sim.add(mix(w.before, w.last))
	}
	return w.count, w.text, max(w.sim.sum(), 1)
}

// class is what a character outside ASCII is to a text.
type class uint8

const (
	mark class = iota
	wording
	spacing
	ideograph
)

// nearRunes covers the alphabets that most pages outside ASCII are written in, so
// that their characters are classified by one look.
const nearRunes = 0x600

type folding struct {
	lower rune
	class class
}

var near = newNear()

func newNear() (table [nearRunes]folding) {
	for r := range table {
		table[r].lower, table[r].class = classifyFar(rune(r))
	}
	return table
}

// classify gives the lower case of a character and what it is.
func classify(r rune) (rune, class) {
	if r < nearRunes {
		return near[r].lower, near[r].class
	}
	return classifyFar(r)
}

func classifyFar(r rune) (rune, class) {
	switch {
	case isIdeograph(r):
		return r, ideograph
	case 0xAC00 <= r && r <= 0xD7A3: // Hangul has no case
		return r, wording
	case unicode.IsSpace(r):
		return r, spacing
	case r == utf8.RuneError, unicode.In(r, unicode.P, unicode.S, unicode.C):
		return r, mark
	}
	return unicode.ToLower(r), wording
}

// isIdeograph reports whether a character is one of Chinese or Japanese: the
// blocks of Han, Hiragana and Katakana without their punctuation.
func isIdeograph(r rune) bool {
	return 0x4E00 <= r && r <= 0x9FFF || 0x3041 <= r && r <= 0x3096 || 0x30A1 <= r && r <= 0x30FA ||
		0x3400 <= r && r <= 0x4DBF || 0xF900 <= r && r <= 0xFAFF || 0x20000 <= r && r <= 0x3FFFF
}

// hashToken hashes run[start:end], which is not empty, with ASCII letters folded.
func hashToken(run []byte, start, end int) uint64 {
	h := uint64(end - start)
	for ; end-start > 8; start += 8 {
		h = mix(h, fold(binary.LittleEndian.Uint64(run[start:])))
	}
	var tail uint64
	if start+8 <= len(run) {
		tail = binary.LittleEndian.Uint64(run[start:]) & (^uint64(0) >> (64 - 8*(end-start)))
	} else {
		for i := end - 1; i >= start; i-- {
			tail = tail<<8 | uint64(run[i])
		}
	}
	return mix(h, fold(tail))
}

// fold makes the ASCII capitals among eight bytes small, all at once.
func fold(x uint64) uint64 {
	const every = 0x0101010101010101
	seven := x & (0x7F * every)
	fromA := seven + (0x80-'A')*every
	pastZ := seven + (0x7F-'Z')*every
	return x | (fromA&^pastZ&^x&(0x80*every))>>2
}

// mix brings x into the hash h.
func mix(h, x uint64) uint64 {
	high, low := bits.Mul64(h^0x9E3779B97F4A7C15, x^0xD6E8FEB86659FD93)
	return high ^ low
}

// simHash is a similarity hash (Charikar 2002) of features of 64 bits: bit i is
// set where more features have it than not. The counts stand upright, plane p
// holding bit p of all 64, so that adding a feature is eight additions of one bit.
type simHash struct {
	planes   [8]uint64
	inPlanes int
	counts   [64]int32
	features int32
}

func (s *simHash) add(feature uint64) {
	carry := feature
	for p := range s.planes {
		s.planes[p], carry = s.planes[p]^carry, s.planes[p]&carry
	}
	s.inPlanes++
	if s.inPlanes == 1<<len(s.planes)-1 {
		s.empty()
	}
}

// empty moves what the planes count to counts, before they overflow.
func (s *simHash) empty() {
	for p, plane := range s.planes {
		for i := range s.counts {
			s.counts[i] += int32(plane>>i&1) << p
		}
	}
	s.features += int32(s.inPlanes)
	s.planes, s.inPlanes = [8]uint64{}, 0
}

func (s *simHash) sum() (hash uint64) {
	s.empty()
	for i, n := range s.counts {
		if 2*n > s.features {
			hash |= 1 << i
		}
	}
	return hash
}
