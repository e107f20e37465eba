package store

import (
	"encoding/binary"
	"fmt"
	"hash/maphash"
	"strings"
	"time"

	"zombiezen.com/go/sqlite"

	"sonde"
)

// Bounds of the caches, in entries of about 24 bytes. URLs get most: a link to a URL
// that fell out costs a look into the file, a text, label or block that did is only
// stored once more.
const (
	urlEntries   = 1 << 20
	otherEntries = 1 << 18
	shapeEntries = 1 << 14
)

// idCache remembers the numbers of texts by a 64-bit hash with a seed of this
// process, so nobody can aim at a collision, and a million texts collide by chance
// once in 10⁷ times. A full cache starts again from empty.
type idCache struct {
	seed maphash.Seed
	ids  map[uint64]int64
	most int
}

func newIDCache(most int) idCache {
	return idCache{maphash.MakeSeed(), map[uint64]int64{}, most}
}

func (c *idCache) get(text string) (key uint64, id int64, ok bool) {
	key = maphash.String(c.seed, text)
	id, ok = c.ids[key]
	return key, id, ok
}

func (c *idCache) put(key uint64, id int64) {
	if len(c.ids) >= c.most {
		clear(c.ids)
	}
	c.ids[key] = id
}

// dictionary turns URLs, hosts, origins, link shapes and short texts into numbers.
type dictionary struct {
	conn   *sqlite.Conn
	domain func(host string) string
	clock  func() time.Time

	urls, texts, labels, blocks, origins, hosts idCache
	shapes                                      map[shape]int64
	connections                                 map[connection]int64
	scratch                                     []byte

	lastURL, lastText, lastLabel, lastBlock, lastFacts int64

	insertURL, selectURL, insertText, insertLabel *sqlite.Stmt
}

func newDictionary(f *File) (*dictionary, error) {
	d := &dictionary{conn: f.write, domain: f.domain, clock: f.clock}
	for _, s := range []struct {
		stmt **sqlite.Stmt
		sql  string
	}{
		{&d.insertURL, "INSERT INTO _urls (id, origin_id, url) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"},
		{&d.selectURL, "SELECT id FROM _urls WHERE url = ?"},
		{&d.insertText, "INSERT INTO _texts (id, text) VALUES (?, ?)"},
		{&d.insertLabel, "INSERT INTO _link_labels (id, shape_id, anchor_id, fragment_id, original_id) VALUES (?, ?, ?, ?, ?)"},
	} {
		stmt, err := f.write.Prepare(s.sql)
		if err != nil {
			return nil, err
		}
		*s.stmt = stmt
	}
	return d, d.reset()
}

// reset forgets everything that is not in the file.
func (d *dictionary) reset() error {
	d.urls = newIDCache(urlEntries)
	for _, cache := range []*idCache{&d.texts, &d.labels, &d.blocks, &d.origins, &d.hosts} {
		*cache = newIDCache(otherEntries)
	}
	d.shapes, d.connections = map[shape]int64{}, map[connection]int64{}
	for _, last := range []struct {
		value *int64
		query string
	}{
		{&d.lastURL, "SELECT coalesce(max(id), 0) FROM _urls"},
		{&d.lastText, "SELECT coalesce(max(id), 0) FROM _texts"},
		{&d.lastLabel, "SELECT coalesce(max(id), 0) FROM _link_labels"},
		{&d.lastBlock, "SELECT coalesce(max(id) >> 6, 0) FROM _links"},
		{&d.lastFacts, "SELECT coalesce(max(id), 0) FROM _facts"},
	} {
		var err error
		if *last.value, err = number(d.conn, last.query); err != nil {
			return err
		}
	}
	return nil
}

// forgetBlocks forgets the blocks of links, some of which are gone from the file. Their
// numbers are not given again.
func (d *dictionary) forgetBlocks() {
	clear(d.blocks.ids)
}

// url returns the number of a URL, giving it one when it is new. host is "" for a
// text that is no http URL.
func (d *dictionary) url(text, host string) (int64, error) {
	key, id, ok := d.urls.get(text)
	if ok {
		return id, nil
	}
	id, err := d.findOrAddURL(text, host)
	if err != nil {
		return 0, fmt.Errorf("numbering the URL %q: %w", text, err)
	}
	d.urls.put(key, id)
	return id, nil
}

func (d *dictionary) findOrAddURL(text, host string) (int64, error) {
	d.insertURL.BindInt64(1, d.lastURL+1)
	d.insertURL.BindNull(2)
	if host != "" {
		origin, err := d.origin(originOf(text), host)
		if err != nil {
			return 0, err
		}
		d.insertURL.BindInt64(2, origin)
	}
	d.insertURL.BindText(3, text)
	if err := run(d.insertURL); err != nil {
		return 0, err
	}
	if d.conn.Changes() == 1 {
		d.lastURL++
		return d.lastURL, nil
	}
	d.selectURL.BindText(1, text)
	return one(d.selectURL)
}

// text returns the number of a short text. A text that fell out of the cache gets
// another number: rows may share texts, they need not.
func (d *dictionary) text(text string) (int64, error) {
	key, id, ok := d.texts.get(text)
	if ok {
		return id, nil
	}
	d.lastText++
	d.insertText.BindInt64(1, d.lastText)
	d.insertText.BindText(2, text)
	if err := run(d.insertText); err != nil {
		return 0, fmt.Errorf("storing a text: %w", err)
	}
	d.texts.put(key, d.lastText)
	return d.lastText, nil
}

// origin returns the number of a scheme, host and port.
func (d *dictionary) origin(origin, host string) (int64, error) {
	return d.findOrAdd(&d.origins, origin,
		"SELECT id FROM _origins WHERE origin = ?",
		func() (string, []any, error) {
			hostID, err := d.host(host)
			return "INSERT INTO _origins (origin, host_id) VALUES (?, ?)", []any{origin, hostID}, err
		})
}

// host returns the number of a host.
func (d *dictionary) host(name string) (int64, error) {
	return d.findOrAdd(&d.hosts, name,
		"SELECT id FROM _hosts WHERE name = ?",
		func() (string, []any, error) {
			now := stamp(d.clock())
			return "INSERT INTO _hosts (name, registrable_domain, first_seen_at, last_seen_at) VALUES (?, ?, ?, ?)",
				[]any{name, d.domain(name), now, now}, nil
		})
}

// findOrAdd looks a text up in a cache, then in its table, and adds it to both.
func (d *dictionary) findOrAdd(cache *idCache, text, find string, add func() (string, []any, error)) (int64, error) {
	key, id, ok := cache.get(text)
	if ok {
		return id, nil
	}
	id, err := number(d.conn, find, text)
	if err != nil {
		return 0, err
	}
	if id == 0 {
		insert, args, err := add()
		if err != nil {
			return 0, err
		}
		if err := exec(d.conn, insert, args...); err != nil {
			return 0, err
		}
		id = d.conn.LastInsertRowID()
	}
	cache.put(key, id)
	return id, nil
}

// label returns the number of what a link says besides where it leads. As with texts,
// one that fell out of the cache gets another number.
func (d *dictionary) label(l *sonde.Link) (int64, error) {
	shape, err := d.shape(l)
	if err != nil {
		return 0, err
	}
	d.scratch = binary.AppendUvarint(d.scratch[:0], uint64(shape))
	for _, text := range [...]string{l.Anchor, l.Fragment, l.Original} {
		d.scratch = append(append(d.scratch, text...), 0)
	}
	key := maphash.Bytes(d.labels.seed, d.scratch)
	if id, ok := d.labels.ids[key]; ok {
		return id, nil
	}
	d.lastLabel++
	r := row{stmt: d.insertLabel}
	r.number(d.lastLabel)
	r.number(shape)
	for _, text := range [...]string{l.Anchor, l.Fragment, l.Original} {
		id, err := d.optionalText(text)
		if err != nil {
			return 0, err
		}
		r.id(id)
	}
	d.labels.put(key, d.lastLabel)
	return d.lastLabel, run(d.insertLabel)
}

// optionalText returns the number of a short text, 0 for "".
func (d *dictionary) optionalText(text string) (int64, error) {
	if text == "" {
		return 0, nil
	}
	return d.text(text)
}

// shape is what links have in common: a few dozen combinations in a whole file.
type shape struct {
	kind     sonde.LinkKind
	rel      string
	position sonde.Position
	internal bool
	nofollow bool
}

func (d *dictionary) shape(l *sonde.Link) (int64, error) {
	s := shape{l.Kind, l.Rel, l.Position, l.Internal, l.Nofollow}
	if id, ok := d.shapes[s]; ok {
		return id, nil
	}
	s.rel = strings.Clone(s.rel)
	if len(d.shapes) >= shapeEntries {
		clear(d.shapes)
	}
	if err := exec(d.conn, "INSERT INTO _link_shapes (kind, rel, position, internal, nofollow) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
		string(s.kind), s.rel, string(s.position), s.internal, s.nofollow); err != nil {
		return 0, err
	}
	id, err := number(d.conn, "SELECT id FROM _link_shapes WHERE kind = ? AND rel = ? AND position = ? AND internal = ? AND nofollow = ?",
		string(s.kind), s.rel, string(s.position), s.internal, s.nofollow)
	if err == nil {
		d.shapes[s] = id
	}
	return id, err
}
