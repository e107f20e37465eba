package store

import (
	"encoding/binary"
	"hash/maphash"

	"zombiezen.com/go/sqlite"

	"sonde"
)

// The links of a page are cut into blocks, and a block that was stored before is only
// pointed to. A block ends where another landmark of the page begins, since what pages
// share are mostly whole ones, such as a navigation; and behind a link that says so by
// itself, so that the same run of links gives the same blocks on every page, whatever
// stands before it (content-defined chunking; Muthitacharoen, Chen and Mazières, "A
// low-bandwidth network file system", 2001).
const (
	placeBits  = 6              // of a number in _links say where in its block a link stands
	blockLinks = 1 << placeBits // most links of a block
	blockMask  = 32 - 1         // one link in 32 ends a block
)

// storedLink is a link as a row has it.
type storedLink struct {
	target, label int64
}

// ends reports whether the link ends a block by itself.
func (l storedLink) ends() bool {
	mixed := (uint64(l.target)<<24 ^ uint64(l.label)) * 0x9E3779B97F4A7C15
	return mixed>>32&blockMask == 0
}

// blocks writes links.
type blocks struct {
	insertFirst *sqlite.Stmt // link of a block
	rest, lists bulk
	links       []storedLink // of the block that is open
	places      []int64      // of the page at hand: rows of _link_lists
	numbers     []int64      // of the block that is written: rows of _links
	scratch     []byte
}

func (b *blocks) prepare(conn *sqlite.Conn) (err error) {
	b.lists = bulk{conn: conn, insert: "INSERT INTO _link_lists (facts_id, place, block_id)", columns: 3}
	b.rest = bulk{conn: conn, insert: "INSERT INTO _links (target_id, label_id)", columns: 2}
	b.insertFirst, err = conn.Prepare("INSERT INTO _links (id, target_id, label_id) VALUES (?, ?, ?)")
	return err
}

// links writes the links of a new _facts row.
func (c *recorder) links(facts, source int64, links []sonde.Link) error {
	c.blocks.links, c.blocks.places = c.blocks.links[:0], c.blocks.places[:0]
	links = links[:min(len(links), sonde.MaxLinks)]
	for i := range links {
		l, err := c.link(source, &links[i])
		if err != nil {
			return err
		}
		c.blocks.links = append(c.blocks.links, l)
		if l.ends() || len(c.blocks.links) == blockLinks || endsLandmark(links, i) {
			if err := c.closeBlock(facts); err != nil {
				return err
			}
		}
	}
	return c.blocks.lists.add(c.blocks.places)
}

// endsLandmark reports whether no link of the same landmark follows on a link.
func endsLandmark(links []sonde.Link, i int) bool {
	return i == len(links)-1 || links[i+1].Position != links[i].Position
}

// countLinks counts the links of a page whose links are stored already.
func (c *recorder) countLinks(source int64, links []sonde.Link) error {
	for i := range links[:min(len(links), sonde.MaxLinks)] {
		target, err := c.dict.url(links[i].URL, links[i].Host)
		if err != nil {
			return err
		}
		if target != source {
			c.urls.link(target)
		}
	}
	return nil
}

// link numbers what a link says.
func (c *recorder) link(source int64, l *sonde.Link) (storedLink, error) {
	target, err := c.dict.url(l.URL, l.Host)
	if err != nil {
		return storedLink{}, err
	}
	if target != source {
		c.urls.link(target)
	}
	label, err := c.dict.label(l)
	return storedLink{target, label}, err
}

// closeBlock ends the open block and notes its place on a page.
func (c *recorder) closeBlock(facts int64) error {
	block, err := c.block()
	b := &c.blocks
	b.links = b.links[:0]
	place := len(b.places) / b.lists.columns
	b.places = append(b.places, facts, int64(place), block)
	return err
}

// block returns the number of the open block, writing it where it is new.
func (c *recorder) block() (int64, error) {
	b, d := &c.blocks, c.dict
	b.scratch = b.scratch[:0]
	for _, l := range b.links {
		b.scratch = binary.AppendUvarint(b.scratch, uint64(l.target))
		b.scratch = binary.AppendUvarint(b.scratch, uint64(l.label))
	}
	key := maphash.Bytes(d.blocks.seed, b.scratch)
	if id, ok := d.blocks.ids[key]; ok {
		return id, nil
	}
	d.lastBlock++
	d.blocks.put(key, d.lastBlock)
	return d.lastBlock, b.write(d.lastBlock)
}

// write writes the open block. Its number is the highest, so that SQLite counts on from
// its first link by itself, without a look for each number whether it is taken.
func (b *blocks) write(block int64) error {
	first := b.links[0]
	if err := run(bind(b.insertFirst, block<<placeBits, first.target, first.label)); err != nil {
		return err
	}
	b.numbers = b.numbers[:0]
	for _, l := range b.links[1:] {
		b.numbers = append(b.numbers, l.target, l.label)
	}
	return b.rest.add(b.numbers)
}
