package analyze

import (
	"math/bits"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestNearGroups wants the groups that comparing each page with each gives, for hashes
// that lie far apart, in clusters, and all in a corner.
func TestNearGroups(t *testing.T) {
	for _, c := range []struct {
		name  string
		count int
		next  func(r *rand.Rand, before []print) uint64
	}{
		{"far apart", 3000, func(r *rand.Rand, _ []print) uint64 { return r.Uint64() }},
		{"clusters", 3000, func(r *rand.Rand, before []print) uint64 {
			if len(before) == 0 || r.IntN(4) == 0 {
				return r.Uint64()
			}
			hash := before[r.IntN(len(before))].hash
			for range r.IntN(6) {
				hash ^= 1 << r.IntN(64)
			}
			return hash
		}},
		{"one corner", 2500, func(r *rand.Rand, _ []print) uint64 { return 0xABCD_0000_0000_0000 | r.Uint64()>>36 }},
		{"few bits", 2000, func(r *rand.Rand, _ []print) uint64 { return r.Uint64() >> 50 }},
		{"all the same", 100, func(*rand.Rand, []print) uint64 { return 7 }},
		{"none", 0, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(1, 2))
			var pages []print
			for i := range c.count {
				pages = append(pages, print{c.next(r, pages), int64(10 * (c.count - i))})
			}
			want := naiveGroups(pages)
			got := nearGroups(slices.Clone(pages))
			wantNeighbours(t, pages, got)
			if !slices.Equal(got, want) {
				t.Errorf("%d pages are in groups, want %d; the first are %v, want %v", len(got), len(want), got[:min(5, len(got))], want[:min(5, len(want))])
			}
		})
	}
}

// wantNeighbours wants each page to name another of its group that it is near to, and takes
// these out of the groups.
func wantNeighbours(t *testing.T, pages []print, groups []grouped) {
	t.Helper()
	hash, group := map[int64]uint64{}, map[int64]int64{}
	for _, p := range pages {
		hash[p.url] = p.hash
	}
	for _, g := range groups {
		group[g.url] = g.group
	}
	for i, g := range groups {
		if far := bits.OnesCount64(hash[g.url] ^ hash[g.near]); g.near == g.url || far > nearBits || group[g.near] != g.group {
			t.Fatalf("%d is said to be near to %d, which differs in %d bits and is in group %d, not %d", g.url, g.near, far, group[g.near], g.group)
		}
		groups[i].near = 0
	}
}

// naiveGroups compares each page with each, again and again until no group grows.
func naiveGroups(pages []print) []grouped {
	group := map[int64]int64{}
	for _, p := range pages {
		group[p.url] = p.url
	}
	alone := map[int64]bool{}
	for _, p := range pages {
		alone[p.url] = true
	}
	for changed := true; changed; {
		changed = false
		for i, p := range pages {
			for _, q := range pages[:i] {
				if bits.OnesCount64(p.hash^q.hash) > nearBits {
					continue
				}
				alone[p.url], alone[q.url] = false, false
				if smaller := min(group[p.url], group[q.url]); group[p.url] != smaller || group[q.url] != smaller {
					group[p.url], group[q.url], changed = smaller, smaller, true
				}
			}
		}
	}
	var groups []grouped
	for _, p := range pages {
		if !alone[p.url] {
			groups = append(groups, grouped{url: p.url, group: group[p.url]})
		}
	}
	slices.SortFunc(groups, func(a, b grouped) int { return int(a.url - b.url) })
	return groups
}

// TestNearGroupsOfMany puts a hundred thousand pages into groups: in one of them are half.
func TestNearGroupsOfMany(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	var pages []print
	for i := range 100_000 {
		hash := r.Uint64()
		if i%2 == 0 {
			hash = 0x5555_5555_5555_5555 ^ 1<<r.IntN(64)
		}
		pages = append(pages, print{hash, int64(i + 1)})
	}
	groups := nearGroups(pages)
	if len(groups) < 50_000 || len(groups) > 50_100 || groups[0].url != 1 || groups[0].group != 1 {
		t.Errorf("%d pages are in groups, the first %v", len(groups), groups[0])
	}
}
