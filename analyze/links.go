package analyze

import (
	"cmp"
	"context"
	"fmt"
	"runtime/debug"
	"slices"

	"sonde/store"
)

// linkScan goes over the links of a run for all who ask of them. It only reads the file, so
// that it can go on beside what SQL does on another connection.
type linkScan struct {
	ask     rows
	named   store.Named
	web     web
	points  []uint64 // the places of pages that links lead to: URL << 32 | fragment
	broken  []uint64 // of these, those that are not on the page
	metrics metrics
}

// newLinkScan gets ready for going over the links of a run. The caller closes it.
func newLinkScan(file *store.File, run int64) (*linkScan, error) {
	scratch, err := file.Scratch()
	if err != nil {
		return nil, fmt.Errorf("making a file for the links: %w", err)
	}
	return &linkScan{named: store.Named{":run": run}, web: web{links: newLinkFile(scratch)}}, nil
}

func (s *linkScan) close() error { return s.web.links.close() }

// scan reads the links on a connection of its own, and finds what they tell.
func (s *linkScan) scan(ctx context.Context, file *store.File) error {
	return file.Derive(ctx, nil, func(d *store.Derivation) (err error) {
		s.ask = d.Rows
		if err := s.read(); err != nil {
			return err
		}
		debug.FreeOSMemory() // what reading took is not needed for what follows
		s.metrics, err = s.measure()
		return err
	})
}

// read reads the links, and finds which fragments of them point to nothing.
func (s *linkScan) read() error {
	if err := s.readWeb(); err != nil {
		return err
	}
	if err := s.checkFragments(); err != nil {
		return fmt.Errorf("looking for fragments that point to nothing: %w", err)
	}
	return nil
}

// noteLinks notes what rules ask of the links, so that they need not go over all of them:
// it fills temp.block, temp.nofollow_target, temp.page_links, temp.poor_link and
// temp.broken_fragment. That is in one transaction, which takes no lock of the file.
func (a *analysis) noteLinks(s *linkScan) error {
	if _, err := a.Exec("BEGIN", nil); err != nil {
		return err
	}
	if err := cmp.Or(a.noteBlocks(&s.web), a.notePages(&s.web), a.noteBroken(s.broken)); err != nil {
		return fmt.Errorf("noting the links: %w", err) // the connection is closed, and what it began undone
	}
	_, err := a.Exec("COMMIT", nil)
	return err
}

// noteBlocks notes which blocks there are, and which URLs their links withhold rank from.
func (a *analysis) noteBlocks(w *web) error {
	blocks, err := a.Insert("INSERT INTO temp.block VALUES (?, ?)")
	if err != nil {
		return err
	}
	for _, span := range w.spans {
		if err := blocks.Add(span[0], span[1]); err != nil {
			return err
		}
	}
	targets, err := a.Insert("INSERT INTO temp.nofollow_target VALUES (?, ?)")
	if err != nil {
		return err
	}
	for url, says := range w.rels {
		if says.nofollow {
			if err := targets.Add(int64(url), says.follow); err != nil {
				return err
			}
		}
	}
	return nil
}

// noteBroken notes the fragments that point to nothing.
func (a *analysis) noteBroken(points []uint64) error {
	insert, err := a.Insert("INSERT INTO temp.broken_fragment SELECT url_id, ?2 FROM temp.page WHERE url_id = ?1")
	for _, point := range points {
		err = cmp.Or(err, insert.Add(int64(point>>32), int64(uint32(point))))
	}
	return err
}

// pageLinks is what is noted of the links of a page.
type pageLinks struct {
	wordless, generic int64 // links
	targets, outer    int64 // different URLs that they lead to, and those of them elsewhere
	elsewhere         int64 // inner links that leave the page itself
	poor              []poorLink
}

// poorLink is a link whose text says nothing, or that has none.
type poorLink struct {
	target int32
	why    trait // wordless or generic
}

// fewPoor is how many poor links of a page are noted by name.
const fewPoor = 10

func (a *analysis) notePages(w *web) error {
	pages, err := a.Insert("INSERT INTO temp.page_links VALUES (?, ?, ?, ?, ?, ?)")
	if err != nil {
		return err
	}
	poor, err := a.Insert("INSERT INTO temp.poor_link VALUES (?, ?, ?)")
	if err != nil {
		return err
	}
	var met []int32 // by URL: the last page that leads there, from 1
	for page, url := range w.urls {
		if len(w.blocks.of(int32(page))) == 0 {
			continue
		}
		var p pageLinks
		err := w.linksOf(int32(page), func(l link) {
			target := w.target(l)
			met = grown(met, int64(target))
			p.note(url, target, l.traits, met[target] != int32(page)+1)
			if l.traits&anchor != 0 {
				met[target] = int32(page) + 1
			}
		})
		if err != nil {
			return err
		}
		if err := pages.Add(int64(url), p.outer, p.targets, p.elsewhere, p.wordless, p.generic); err != nil {
			return err
		}
		for _, l := range p.poor {
			if err := poor.Add(int64(url), l.why == generic, int64(l.target)); err != nil {
				return err
			}
		}
	}
	return nil
}

// note takes one link of the page with a URL. first is whether none before it led to the
// same target.
func (p *pageLinks) note(url, target int32, t trait, first bool) {
	if t&inner != 0 && target != url {
		p.elsewhere++
	}
	if t&anchor != 0 && first {
		p.targets++
		if t&inner == 0 {
			p.outer++
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

// The ids that pages have, which come in the order of the points.
const idsSQL = `
SELECT v.url_id, f.fragments FROM _visits v CROSS JOIN _facts f ON f.id = v.facts_id
WHERE v.run_id = :run AND v.used_for = 'read' AND v.outcome = 'ok' AND f.parse_mode = 'tokens' AND f.fragments IS NOT NULL
ORDER BY v.url_id`

// checkFragments finds which of the places that links lead to are not on the page.
func (s *linkScan) checkFragments() error {
	points := distinct(s.points)
	s.points = nil
	if len(points) == 0 {
		return nil
	}
	places, err := s.readPlaces()
	if err != nil {
		return err
	}
	return s.ask(idsSQL, s.named, func(r store.Row) error {
		page := uint64(r.Integer(0))
		first, _ := slices.BinarySearch(points, page<<32)
		points = points[first:]
		if len(points) == 0 || points[0]>>32 != page {
			return nil
		}
		ids := store.UnpackIDs(r.Blob(1))
		for len(points) > 0 && points[0]>>32 == page {
			if !ids.Full() && !places[uint32(points[0])].on(ids) {
				s.broken = append(s.broken, points[0])
			}
			points = points[1:]
		}
		return nil
	})
}

// readPlaces reads the fragments that links have, by their numbers.
func (s *linkScan) readPlaces() (map[uint32]place, error) {
	places := map[uint32]place{}
	const sql = `SELECT t.id, t.text FROM (SELECT DISTINCT fragment_id FROM main._link_labels WHERE fragment_id IS NOT NULL) n
		CROSS JOIN main._texts t ON t.id = n.fragment_id`
	err := s.ask(sql, nil, func(r store.Row) error {
		places[uint32(r.Integer(0))] = placeOf(r.Text(1))
		return nil
	})
	return places, err
}
