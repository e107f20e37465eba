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

// linkRows is how many links one statement inserts, largest first.
var linkRows = []int{16, 4, 1}

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
	insertList  *sqlite.Stmt
	insertLinks []*sqlite.Stmt // one for each of linkRows
	links       []storedLink   // of the block that is open
	scratch     []byte
}

func (b *blocks) prepare(conn *sqlite.Conn) (err error) {
	if b.insertList, err = conn.Prepare("INSERT INTO _link_lists (facts_id, place, block_id) VALUES (?, ?, ?)"); err != nil {
		return err
	}
	for _, n := range linkRows {
		stmt, err := conn.Prepare("INSERT INTO _links (id, target_id, label_id) VALUES " + values(3, n))
		if err != nil {
			return err
		}
		b.insertLinks = append(b.insertLinks, stmt)
	}
	return nil
}

// links writes the links of a new _facts row.
func (c *recorder) links(facts, source int64, links []sonde.Link) error {
	place := int64(0)
	links = links[:min(len(links), sonde.MaxLinks)]
	for i := range links {
		l, err := c.link(source, &links[i])
		if err != nil {
			return err
		}
		c.blocks.links = append(c.blocks.links, l)
		if l.ends() || len(c.blocks.links) == blockLinks || endsLandmark(links, i) {
			if err := c.closeBlock(facts, place); err != nil {
				return err
			}
			place++
		}
	}
	return nil
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

// closeBlock ends the open block and puts it into its place on a page.
func (c *recorder) closeBlock(facts, place int64) error {
	block, err := c.block()
	c.blocks.links = c.blocks.links[:0]
	if err != nil {
		return err
	}
	return run(bind(c.blocks.insertList, facts, place, block))
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

func (b *blocks) write(block int64) error {
	id, links := block<<placeBits, b.links
	for i, rows := range linkRows {
		for ; len(links) >= rows; links = links[rows:] {
			r := row{stmt: b.insertLinks[i]}
			for _, l := range links[:rows] {
				r.number(id)
				r.number(l.target)
				r.number(l.label)
				id++
			}
			if err := run(b.insertLinks[i]); err != nil {
				return err
			}
		}
	}
	return nil
}
