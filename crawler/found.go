package crawler

import (
	"hash/maphash"
	"slices"

	"sonde"
	"sonde/crawler/weburl"
)

// maxKnown is how many URLs a finder remembers. Sites repeat themselves: most of a
// page's links stood on the page before.
const maxKnown = 8_192

// finder turns the links of pages into the targets they lead to. It keeps what it
// found out of a URL for the next page. It is not for concurrent use.
type finder struct {
	scope  *scope
	budget *budget
	follow bool // nofollow links too

	seed    maphash.Seed
	numbers map[uint64]int32 // by the fingerprint of a URL, its place in known
	known   []knowledge

	page  uint64 // how many pages it has begun
	from  sonde.Target
	found []sonde.Target // of the page at hand, each URL once
	fixed int            // the first so many of these stay as they are
}

// knowledge is what a finder knows of a URL: first what holds on every page.
type knowledge struct {
	internal bool
	reason   sonde.Reason // why the URL is not to be asked for however it is found

	page  uint64 // the last page it was found on
	index int    // in that page's found
}

func newFinder(s *scope, b *budget, follow bool) *finder {
	return &finder{
		scope: s, budget: b, follow: follow,
		seed: maphash.MakeSeed(), numbers: make(map[uint64]int32),
	}
}

// begin starts the page of a target.
func (f *finder) begin(from sonde.Target) {
	if len(f.known) > maxKnown {
		clear(f.numbers)
		f.known = f.known[:0]
	}
	f.page++
	f.from, f.found, f.fixed = from, f.found[:0], 0
}

// adopt takes over what was found before the links of the page, such as the end of
// its redirect. Links to the same do not count: a page that refreshes to another
// mostly links to it as well.
func (f *finder) adopt(targets []sonde.Target) {
	for _, t := range targets {
		l := sonde.Link{URL: t.URL}
		if t.Host == "" {
			l.Reason = t.Reason // no URL at all; other reasons belong to the way it was found
		}
		k := f.look(&l)
		k.page, k.index = f.page, len(f.found)
		f.found = append(f.found, t)
	}
	f.fixed = len(f.found)
}

// targets gives what was found on the page at hand, in as much memory as it takes:
// visits wait to be recorded, and what they found is a good part of them.
func (f *finder) targets() []sonde.Target { return slices.Clone(f.found) }

// links completes the links of a page (Internal, and Nofollow where the page says
// it for all) and finds their targets.
func (f *finder) links(links []sonde.Link, nofollow bool) {
	for i := range links {
		l := &links[i]
		k := f.look(l)
		l.Internal = k.internal
		if nofollow && !l.Kind.Resource() {
			l.Nofollow = true
		}
		if l.URL == "" {
			continue
		}
		use, reason := f.judge(l, k)
		f.add(k, sonde.Target{URL: l.URL, Host: l.Host, Use: use, By: sonde.ByLink, Reason: reason})
	}
}

// entry finds the target of one entry of a sitemap.
func (f *finder) entry(to weburl.Resolved, lastMod string) {
	if to.URL == "" {
		return
	}
	l := sonde.Link{URL: to.URL, Host: to.Host, Reason: to.Reason}
	k := f.look(&l)
	reason := k.reason
	if !k.internal && l.Reason == "" {
		reason = sonde.OutOfScope
	}
	f.add(k, sonde.Target{URL: l.URL, Host: l.Host, Use: sonde.Read, By: sonde.BySitemap, LastMod: lastMod, Reason: reason})
}

// look finds out what holds for the URL of a link on every page. What it points to
// is good until the next look.
func (f *finder) look(l *sonde.Link) *knowledge {
	fingerprint := maphash.String(f.seed, l.URL)
	if i, ok := f.numbers[fingerprint]; ok {
		return &f.known[i]
	}
	k := knowledge{reason: l.Reason}
	if l.Reason == "" {
		k.internal = f.scope.reaches(l.URL)
		k.reason = f.refusal(l.URL, k.internal)
	}
	f.numbers[fingerprint] = int32(len(f.known))
	f.known = append(f.known, k)
	return &f.known[len(f.known)-1]
}

// refusal says why a URL is not to be asked for, however it is found.
func (f *finder) refusal(url string, internal bool) sonde.Reason {
	switch {
	case !internal:
		return outside(f.scope.external)
	case f.scope.filters(url):
		return sonde.Filtered
	case weburl.Trap(url) || f.budget.spent(url):
		return sonde.Trap
	}
	return ""
}

// judge says what a link's target is to be fetched for, and why not.
func (f *finder) judge(l *sonde.Link, k *knowledge) (sonde.Use, sonde.Reason) {
	switch {
	case l.Kind == sonde.LinkForm && k.reason == "":
		return sonde.Read, sonde.FormAction
	case !k.internal:
		return sonde.Check, k.reason
	case measured(l.Kind):
		return sonde.Measure, k.reason
	case k.reason != "":
		return sonde.Read, k.reason
	case l.Nofollow && !f.follow:
		return sonde.Read, sonde.NofollowLink
	}
	return sonde.Read, ""
}

// measured reports whether links of a kind need not lead to a page. What turns out
// to be one is read all the same.
func measured(kind sonde.LinkKind) bool {
	return kind.Resource() || kind == sonde.LinkOther || kind == sonde.LinkHeader
}

// add takes a target into the page's found, or makes the one that is there already
// better.
func (f *finder) add(k *knowledge, t sonde.Target) {
	if k.page != f.page {
		f.place(&t)
		k.page, k.index = f.page, len(f.found)
		f.found = append(f.found, t)
		return
	}
	have := &f.found[k.index]
	if k.index < f.fixed || rank(t) >= rank(*have) {
		return
	}
	f.place(&t)
	if rank(t) < rank(*have) {
		*have = t
	}
}

// rank orders the ways to find one URL on one page, best first.
func rank(t sonde.Target) int {
	switch {
	case t.Reason != "":
		return 2
	case t.Use == sonde.Measure:
		return 1
	}
	return 0
}

// place says where a target stands: how far from the seed, and below how many
// pages that look like it. What embeds into a page is no click away from it.
func (f *finder) place(t *sonde.Target) {
	t.FoundOn = f.from.URL
	t.Depth = f.from.Depth
	switch {
	case t.By == sonde.BySitemap:
		t.Depth = 1
	case t.Use != sonde.Measure:
		t.Depth++
	}
	if t.Use != sonde.Read || t.Reason != "" {
		return
	}
	if t.By == sonde.ByLink && sameShape(f.from.URL, t.URL) {
		t.Chain = f.from.Chain + 1
	}
	switch {
	case f.scope.deep(t.Depth):
		t.Reason = sonde.TooDeep
	case t.Chain > maxChain:
		t.Reason = sonde.Trap
	}
}
