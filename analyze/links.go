package analyze

import (
	"cmp"
	"fmt"
	"slices"

	"sonde/store"
)

// linkScan notes what rules ask of the links of each page, so that they need not go over
// all of them: how many of some kinds there are, and which fragments point to nothing.
type linkScan struct {
	*analysis
	points []uint64 // URL << 32 | fragment
}

// scanLinks reads the links of the run into a.web and fills temp.block,
// temp.nofollow_target, temp.page_links, temp.poor_link and temp.broken_fragment.
func (a *analysis) scanLinks() (err error) {
	s := &linkScan{analysis: a}
	if a.web, err = a.readWeb(s.point); err != nil {
		return err
	}
	return s.together(func() error {
		return cmp.Or(s.noteBlocks(), s.notePages(), s.checkFragments())
	})
}

// together does what fills TEMP tables row by row in one transaction, which takes no lock
// of the file.
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

// noteBlocks notes which blocks there are, and which URLs their links withhold rank from.
func (s *linkScan) noteBlocks() error {
	blocks, err := s.Insert("INSERT INTO temp.block VALUES (?)")
	if err != nil {
		return err
	}
	for _, id := range s.web.ids {
		if err := blocks.Add(id); err != nil {
			return fmt.Errorf("noting the blocks of links: %w", err)
		}
	}
	targets, err := s.Insert("INSERT INTO temp.nofollow_target VALUES (?, ?)")
	if err != nil {
		return err
	}
	for url, says := range s.web.rels() {
		if says.nofollow {
			if err := targets.Add(int64(url), says.follow); err != nil {
				return fmt.Errorf("noting nofollow links: %w", err)
			}
		}
	}
	return nil
}

// rel is what the links within the site to a URL say.
type rel struct{ nofollow, follow bool }

// rels is what the links to every URL say.
func (w *web) rels() (to []rel) {
	for i, target := range w.targets.items {
		if t := w.traits[i]; t&(anchor|inner) == anchor|inner {
			to = grown(to, int64(target))
			to[target].nofollow = to[target].nofollow || t&nofollow != 0
			to[target].follow = to[target].follow || t&nofollow == 0
		}
	}
	return to
}

// pageLinks is what is noted of the links of a page.
type pageLinks struct {
	outer, wordless, generic int64 // links
	targets                  int64 // different URLs that they lead to
	elsewhere                int64 // inner links that leave the page itself
	poor                     []poorLink
}

// poorLink is a link whose text says nothing, or that has none.
type poorLink struct {
	target int32
	why    trait // wordless or generic
}

// fewPoor is how many poor links of a page are noted by name.
const fewPoor = 10

func (s *linkScan) notePages() error {
	pages, err := s.Insert("INSERT INTO temp.page_links VALUES (?, ?, ?, ?, ?, ?)")
	if err != nil {
		return err
	}
	poor, err := s.Insert("INSERT INTO temp.poor_link VALUES (?, ?, ?)")
	if err != nil {
		return err
	}
	var met []int32 // by URL: the last page that leads there, from 1
	for page, url := range s.web.urls {
		var p pageLinks
		s.web.linksOf(page, func(target int32, t trait) {
			met = grown(met, int64(target))
			p.note(url, target, t, met[target] != int32(page)+1)
			if t&anchor != 0 {
				met[target] = int32(page) + 1
			}
		})
		if err := pages.Add(url, p.outer, p.targets, p.elsewhere, p.wordless, p.generic); err != nil {
			return fmt.Errorf("noting the links of the pages: %w", err)
		}
		for _, l := range p.poor {
			if err := poor.Add(url, l.why == generic, int64(l.target)); err != nil {
				return fmt.Errorf("noting links without words: %w", err)
			}
		}
	}
	return nil
}

// note takes one link of the page with a URL. first is whether none before it led to the
// same target.
func (p *pageLinks) note(url int64, target int32, t trait, first bool) {
	if t&inner != 0 && int64(target) != url {
		p.elsewhere++
	}
	if t&anchor != 0 {
		if t&inner == 0 {
			p.outer++
		}
		if first {
			p.targets++
		}
	}
	if t&wordless != 0 {
		p.wordless++
		p.addPoor(target, wordless)
	}
	if t&generic != 0 {
		p.generic++
		p.addPoor(target, generic)
	}
}

func (p *pageLinks) addPoor(target int32, why trait) {
	same := 0
	for _, l := range p.poor {
		if l.why != why {
			continue
		}
		if same++; l.target == target || same == fewPoor {
			return
		}
	}
	p.poor = append(p.poor, poorLink{target, why})
}

// point keeps that a link points to a place of a page.
func (s *linkScan) point(target int64, fragment uint32) {
	if len(s.points) == cap(s.points) {
		s.points = distinct(s.points)
		s.points = slices.Grow(s.points, len(s.points)+1024)
	}
	s.points = append(s.points, uint64(target)<<32|uint64(fragment))
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
		WHERE p.parse_mode = 'tokens' AND f.fragments IS NOT NULL ORDER BY p.url_id`
	return s.Rows(sql, nil, func(r store.Row) error {
		page := uint64(r.Integer(0))
		first, _ := slices.BinarySearch(s.points, page<<32)
		s.points = s.points[first:]
		if len(s.points) == 0 || s.points[0]>>32 != page {
			return nil
		}
		ids := store.UnpackIDs(r.Blob(1))
		for len(s.points) > 0 && s.points[0]>>32 == page {
			fragment := uint32(s.points[0])
			s.points = s.points[1:]
			if ids.Full() || places[fragment].on(ids) {
				continue
			}
			if err := insert.Add(int64(page), int64(fragment)); err != nil {
				return fmt.Errorf("noting fragments that point to nothing: %w", err)
			}
		}
		return nil
	})
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
