package crawler

import (
	"hash/maphash"
	"strings"
	"sync"

	"sonde/crawler/weburl"
)

const (
	maxVariants = 1_000 // queries of one path with the same parameter names
	maxChain    = 200   // pages of the same shape in a row
	counterBits = 19    // of the index into a row of counters
	counterRows = 2     // rows; a shape counts in each
)

// budget bounds how many variants of one page a run asks for: URLs that differ
// only in the values of their query. Filters, calendars and session ids make
// billions of them.
//
// It keeps 8 bytes for each URL that it let pass (in a Go map, so about twice that)
// and counters of fixed size: two rows of a count-min sketch (Cormode and
// Muthukrishnan, 2005). The lower of the two counters that shapes share by chance
// decides, so that a shape is cut short by its neighbours only where both are full.
type budget struct {
	seed maphash.Seed

	mu     sync.Mutex
	passed map[uint64]struct{} // fingerprints of URLs
	counts [counterRows][1 << counterBits]uint16
}

func newBudget() *budget {
	return &budget{seed: maphash.MakeSeed(), passed: make(map[uint64]struct{})}
}

// spent reports whether a URL is one variant too many. A URL without a query never
// is, and one that has passed passes again.
func (b *budget) spent(url string) bool {
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

// sameShape reports whether two canonical URLs have the same shape. Most pairs
// differ in a segment without digits, which is quick to see.
func sameShape(a, b string) bool {
	return mayShareShape(a, b) && weburl.Shape(a) == weburl.Shape(b)
}

// mayShareShape reports whether two URLs are equal in all path segments but those
// in which both have digits.
func mayShareShape(a, b string) bool {
	a, _, _ = strings.Cut(a, "?")
	b, _, _ = strings.Cut(b, "?")
	for more := true; more; {
		var one, other string
		var moreOther bool
		one, a, more = strings.Cut(a, "/")
		other, b, moreOther = strings.Cut(b, "/")
		if more != moreOther || one != other && !(hasDigit(one) && hasDigit(other)) {
			return false
		}
	}
	return true
}

func hasDigit(s string) bool { return strings.ContainsAny(s, "0123456789") }
