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
		for end := min(start+maxToken, len(run)); i < end && kinds[run[i]]&(space|odd) == 0; i++ {
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
	return mix(h, fold(loadEight(run, start, end)))
}

// mix brings x into the hash h.
func mix(h, x uint64) uint64 {
	high, low := bits.Mul64(h^0x9E3779B97F4A7C15, x^0xD6E8FEB86659FD93)
	return high ^ low
}

// simHash is a similarity hash (Charikar 2002) of features of 64 bits: bit i is
// set where more features have it than not. The counts stand upright, plane p
// holding bit p of all 64, and take eight features at a time through a tree of
// adders (Harley and Seal), so that a feature costs a few operations for all its
// bits together.
type simHash struct {
	waiting  [8]uint64
	planes   [8]uint64
	counts   [64]int32
	features int
}

func (s *simHash) add(feature uint64) {
	s.waiting[s.features%8] = feature
	s.features++
	if s.features%8 == 0 {
		s.addWaiting()
	}
}

// addWaiting adds the eight features that wait.
func (s *simHash) addWaiting() {
	f, p := &s.waiting, &s.planes
	ones, twosA := addBits(p[0], f[0], f[1])
	ones, twosB := addBits(ones, f[2], f[3])
	twos, foursA := addBits(p[1], twosA, twosB)
	ones, twosA = addBits(ones, f[4], f[5])
	ones, twosB = addBits(ones, f[6], f[7])
	twos, foursB := addBits(twos, twosA, twosB)
	fours, eights := addBits(p[2], foursA, foursB)
	p[0], p[1], p[2] = ones, twos, fours
	for i := 3; i < len(p); i++ {
		p[i], eights = p[i]^eights, p[i]&eights
	}
	if s.features%248 == 0 { // the planes count to 255
		s.empty()
	}
}

// addBits adds three numbers of one bit, 64 times over.
func addBits(a, b, c uint64) (sum, carry uint64) {
	return a ^ b ^ c, a&b | (a^b)&c
}

// empty moves what the planes count to counts, before they overflow.
func (s *simHash) empty() {
	for p, plane := range s.planes {
		for i := range s.counts {
			s.counts[i] += int32(plane>>i&1) << p
		}
	}
	s.planes = [8]uint64{}
}

func (s *simHash) sum() (hash uint64) {
	s.empty()
	for _, feature := range s.waiting[:s.features%8] {
		for i := range s.counts {
			s.counts[i] += int32(feature >> i & 1)
		}
	}
	for i, n := range s.counts {
		if 2*int(n) > s.features {
			hash |= 1 << i
		}
	}
	return hash
}
