package analyze

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"sonde/store"
)

// linkScan goes over the links of the run once and notes what rules ask of them: how
// many links of some kinds each block has, and which fragments point to nothing. SQL
// takes five times as long to join each link with what it says.
type linkScan struct {
	*analysis
	labels []label // by number
	used   []bool  // the blocks that pages of the run have, by number
	points []uint64
	counts blockCounts
	insert *store.Insertion
}

// label is what a link says, as far as it is counted.
type label struct {
	kinds    uint8
	fragment uint32 // _texts; 0 where it points to no place of a page of the site
}

// The kinds of link that are counted, a bit each, in the order of temp.block.
const linkKinds = 5

// blockCounts are the counts of a block.
type blockCounts struct {
	block int64
	count [linkKinds]int64
}

// scanLinks fills temp.block, temp.page_links and temp.broken_fragment.
func (a *analysis) scanLinks() error {
	s := &linkScan{analysis: a}
	for _, part := range []struct {
		what string
		do   func() error
	}{
		{"what the links say", s.readLabels},
		{"which links are on which page", s.readBlocks},
		{"the links", func() error { return s.together(s.readLinks) }},
		{"the fragments", func() error { return s.together(s.checkFragments) }},
	} {
		if err := part.do(); err != nil {
			return fmt.Errorf("reading %s: %w", part.what, err)
		}
	}
	return a.script(pageLinksSQL)
}

// together does what fills a TEMP table row by row in one transaction, which takes no
// lock of the file.
func (s *linkScan) together(do func() error) error {
	if _, err := s.Exec("BEGIN", nil); err != nil {
		return err
	}
	if err := do(); err != nil {
		return err // the connection is closed, and what it began undone
	}
	_, err := s.Exec("COMMIT", nil)
	return err
}

const pageLinksSQL = `
INSERT INTO temp.page_links
SELECT p.url_id, sum(b.inner_count), sum(b.outer_count), sum(b.empty_count), sum(b.generic_count)
FROM temp.page p
CROSS JOIN main._link_lists ll ON ll.facts_id = p.facts_id
CROSS JOIN temp.block b ON b.block_id = ll.block_id
GROUP BY p.url_id;
`

const labelsSQL = `
SELECT n.id, (k.internal AND k.leads) + 2 * (k.kind IN ('a', 'area') AND NOT k.internal)
  + 4 * (k.internal AND k.nofollow AND k.kind IN ('a', 'area')) + 8 * (n.anchor_id IS NULL AND k.kind = 'a')
  + 16 * (k.internal AND k.kind = 'a' AND g.text_id IS NOT NULL),
  iif(k.internal AND k.leads, n.fragment_id, NULL)
FROM main._link_labels n
CROSS JOIN temp.shape k ON k.id = n.shape_id
LEFT JOIN temp.generic g ON g.text_id = n.anchor_id`

func (s *linkScan) readLabels() error {
	return s.Rows(labelsSQL, nil, func(r store.Row) error {
		s.labels = grown(s.labels, r.Integer(0))
		s.labels[r.Integer(0)] = label{uint8(r.Integer(1)), uint32(r.Integer(2))}
		return nil
	})
}

func (s *linkScan) readBlocks() error {
	const sql = "SELECT ll.block_id FROM temp.page p CROSS JOIN main._link_lists ll ON ll.facts_id = p.facts_id"
	return s.Rows(sql, nil, func(r store.Row) error {
		s.used = grown(s.used, r.Integer(0))
		s.used[r.Integer(0)] = true
		return nil
	})
}

// grown is a slice that has a place for a number of the file. These have no large
// gaps.
func grown[T any](list []T, number int64) []T {
	if more := int(number) + 1 - len(list); more > 0 {
		return append(list, make([]T, more)...)
	}
	return list
}

func (s *linkScan) readLinks() (err error) {
	if s.insert, err = s.Insert("INSERT INTO temp.block VALUES (?, ?, ?, ?, ?, ?)"); err != nil {
		return err
	}
	const sql = "SELECT block_id, target_id, label_id FROM main._links ORDER BY block_id"
	if err := s.Rows(sql, nil, func(r store.Row) error {
		block, target := r.Integer(0), r.Integer(1)
		if block >= int64(len(s.used)) || !s.used[block] {
			return nil
		}
		if block != s.counts.block {
			if err := s.closeBlock(); err != nil {
				return err
			}
			s.counts = blockCounts{block: block}
		}
		s.note(target, s.labels[r.Integer(2)])
		return nil
	}); err != nil {
		return err
	}
	return s.closeBlock()
}

// note counts one link.
func (s *linkScan) note(target int64, l label) {
	for kind := range linkKinds {
		s.counts.count[kind] += int64(l.kinds >> kind & 1)
	}
	if l.fragment == 0 {
		return
	}
	if len(s.points) == cap(s.points) {
		s.points = distinct(s.points)
		s.points = slices.Grow(s.points, len(s.points)+1024)
	}
	s.points = append(s.points, uint64(target)<<32|uint64(l.fragment))
}

func (s *linkScan) closeBlock() error {
	if s.counts.block == 0 {
		return nil
	}
	c := s.counts.count
	return s.insert.Add(s.counts.block, c[0], c[1], c[2], c[3], c[4])
}

func distinct(points []uint64) []uint64 {
	slices.Sort(points)
	return slices.Compact(points)
}

// checkFragments finds which of the fragments that links point to are not on the page:
// the pages come in the order of the points.
func (s *linkScan) checkFragments() error {
	s.points = distinct(s.points)
	if len(s.points) == 0 {
		return nil
	}
	places, err := s.readPlaces()
	if err != nil {
		return err
	}
	insert, err := s.Insert("INSERT INTO temp.broken_fragment VALUES (?, ?)")
	if err != nil {
		return err
	}
	const sql = `SELECT p.url_id, f.fragments FROM temp.page p CROSS JOIN main._facts f ON f.id = p.facts_id
		WHERE p.parse_mode = 'tokens' AND coalesce(length(f.fragments), 0) < :most ORDER BY p.url_id`
	return s.Rows(sql, store.Named{":most": mostFragments}, func(r store.Row) error {
		page := uint64(r.Integer(0))
		first, _ := slices.BinarySearch(s.points, page<<32)
		s.points = s.points[first:]
		var packed []byte
		for len(s.points) > 0 && s.points[0]>>32 == page {
			if packed == nil {
				packed = r.Blob(1)
			}
			fragment := uint32(s.points[0])
			if s.points = s.points[1:]; !places[fragment].on(packed) {
				if err := insert.Add(int64(page), int64(fragment)); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// mostFragments is from how many bytes of packed ids on a page may have more than were
// kept (sonde.MaxIDs), so that nothing can be said of what it lacks.
const mostFragments = 18_000

// place is what a fragment may be called on the page that it points to: as it stands,
// or with its percent-encoding undone. Everywhere is one that needs no id.
type place struct {
	everywhere      bool
	written, undone uint16
}

func (p place) on(packed []byte) bool {
	return p.everywhere || contains(packed, p.written) || contains(packed, p.undone)
}

// placeOf reads a fragment by the rules of the HTML standard for finding the indicated
// part of a document. What begins with ! or / is for a script.
func placeOf(fragment string) place {
	fragment, _, _ = strings.Cut(fragment, ":~:")
	if fragment == "" || strings.EqualFold(fragment, "top") || fragment[0] == '!' || fragment[0] == '/' {
		return place{everywhere: true}
	}
	p := place{written: store.FragmentHash(fragment)}
	p.undone = p.written
	if undone, err := url.PathUnescape(fragment); err == nil {
		p.undone = store.FragmentHash(undone)
	}
	return p
}

// readPlaces reads the fragments that links have, by their numbers.
func (s *linkScan) readPlaces() (map[uint32]place, error) {
	places := map[uint32]place{}
	const sql = `SELECT t.id, t.text FROM (SELECT DISTINCT fragment_id FROM main._link_labels WHERE fragment_id IS NOT NULL) n
		CROSS JOIN main._texts t ON t.id = n.fragment_id`
	err := s.Rows(sql, nil, func(r store.Row) error {
		places[uint32(r.Integer(0))] = placeOf(r.Text(1))
		return nil
	})
	return places, err
}
