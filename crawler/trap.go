package crawler

import (
	"hash/maphash"
	"strings"
	"sync"

	"sonde/crawler/weburl"
)

const (
	maxNames    = 10_000 // hosts of a site: names below a wildcard have no end
	maxVariants = 1_000  // queries of one path with the same parameter names
	maxChain    = 200    // pages of the same shape in a row
	counterBits = 19     // of the index into a row of counters
	counterRows = 2      // rows; a shape counts in each
)

// budget bounds how many hosts a run asks, and how many variants of one page: URLs that
// differ only in the values of their query. Filters, calendars and session ids make
// billions of them.
//
// Of variants it keeps 8 bytes for each URL that it let pass (in a Go map, so about twice that)
// and counters of fixed size: two rows of a count-min sketch (Cormode and
// Muthukrishnan, 2005). The lower of the two counters that shapes share by chance
// decides, so that a shape is cut short by its neighbours only where both are full.
type budget struct {
	seed maphash.Seed

	mu     sync.Mutex
	names  map[uint64]struct{} // fingerprints of hosts
	passed map[uint64]struct{} // of URLs
	counts [counterRows][1 << counterBits]uint16
}

func newBudget() *budget {
	return &budget{seed: maphash.MakeSeed(), names: make(map[uint64]struct{}), passed: make(map[uint64]struct{})}
}

// spent reports whether a URL is on a host too many, or is one variant too many. What
// has passed passes again.
func (b *budget) spent(url string) bool {
	return b.elsewhere(place(url)) || b.varied(url)
}

// elsewhere reports whether a host is one too many.
func (b *budget) elsewhere(host string) bool {
	fingerprint := maphash.String(b.seed, host)
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, ok := b.names[fingerprint]; ok {
		return false
	}
	if len(b.names) >= maxNames {
		return true
	}
	b.names[fingerprint] = struct{}{}
	return false
}

// varied reports whether a URL is one variant too many. A URL without a query never is.
func (b *budget) varied(url string) bool {
	path, query, found := strings.Cut(url, "?")
	if !found {
		return false
	}
	fingerprint := maphash.String(b.seed, url)
	first, second := b.counters(path, query)
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, ok := b.passed[fingerprint]; ok {
		return false
	}
	if min(*first, *second) >= maxVariants {
		return true
	}
	b.passed[fingerprint] = struct{}{}
	*first++
	*second++
	return false
}

// counters finds the counters of a path and the names of its parameters, in any
// order.
func (b *budget) counters(path, query string) (first, second *uint16) {
	sum := maphash.String(b.seed, path)
	for parameter := range strings.SplitSeq(query, "&") {
		name, _, _ := strings.Cut(parameter, "=")
		sum += maphash.String(b.seed, name) | 1
	}
	const mask = 1<<counterBits - 1
	return &b.counts[0][sum&mask], &b.counts[1][sum>>32&mask]
}

// sameShape reports whether two canonical URLs have the same [weburl.Shape]. Most
// pairs are decided without building it: they are equal but for numbers, or differ
// where neither has an identifier in hexadecimal.
func sameShape(a, b string) bool {
	i, j := sameUntil(a, b)
	if i == len(a) && j == len(b) {
		return true
	}
	queries := at(a, i) == '?' && at(b, j) == '?'
	return (queries || mayBeHex(a, i) && mayBeHex(b, j)) && weburl.Shape(a) == weburl.Shape(b)
}

// sameUntil gives the ends of what two URLs have in common before their queries
// when numbers count as equal.
func sameUntil(a, b string) (i, j int) {
	i = equalUntil(a, b)
	j = i
	for i < len(a) && j < len(b) && a[i] != '?' && b[j] != '?' {
		switch {
		case isDigit(a[i]) && isDigit(b[j]):
			i, j = afterDigits(a, i), afterDigits(b, j)
		case a[i] == b[j]:
			i, j = i+1, j+1
		default:
			return i, j
		}
	}
	return i, j
}

// equalUntil gives an end of what two URLs have in common byte by byte, before
// their queries and not within a number.
func equalUntil(a, b string) int {
	const step = 8
	i := 0
	for i+step <= min(len(a), len(b)) && a[i:i+step] == b[i:i+step] {
		i += step
	}
	if query := strings.IndexByte(a[:i], '?'); query >= 0 {
		i = query
	}
	for i > 0 && isDigit(a[i-1]) {
		i--
	}
	return i
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func afterDigits(s string, i int) int {
	for i < len(s) && isDigit(s[i]) {
		i++
	}
	return i
}

// at is the byte at i, 0 behind the end.
func at(s string, i int) byte {
	if i < len(s) {
		return s[i]
	}
	return 0
}

// mayBeHex reports whether the segment around i has eight hexadecimal digits or
// more in a row, hyphens aside, as identifiers have.
func mayBeHex(url string, i int) bool {
	run := 0
	for i = strings.LastIndexByte(url[:i], '/') + 1; i < len(url) && run < 8; i++ {
		switch c := url[i]; {
		case isDigit(c), 'a' <= c && c <= 'f', 'A' <= c && c <= 'F':
			run++
		case c == '-':
		case c == '/', c == '?':
			return false
		default:
			run = 0
		}
	}
	return run >= 8
}
