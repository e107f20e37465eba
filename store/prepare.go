package store

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"strings"
	"sync"

	"github.com/klauspost/compress/zlib"

	"sonde"
)

// prepared is a visit with everything done to it that does not need the file, so
// that it is done by many while one writes.
type prepared struct {
	visit  *sonde.Visit
	digest int64    // over all that _facts and _links say of the answer
	sum    [32]byte // SHA-256 of the body, or of what was kept of it; zero without
	body   []byte   // compressed; nil when none is to be stored
	raw    int      // bytes of the body before

	headers, headings, canonicals, robots, refresh string // JSON, "" for NULL
	alternates, openGraph, schemaTypes             string
	fragments                                      []byte
}

// prepare readies a visit for the writer.
func prepare(v *sonde.Visit) (*prepared, error) {
	p := &prepared{visit: v}
	if v.Fetch == nil || v.Fetch.NotModified {
		return p, nil
	}
	p.sum = bodySum(v.Fetch)
	p.headers = headersJSON(v.Fetch.Header)
	if v.Page != nil {
		p.describe(v.Page)
	}
	p.digest = p.digestOf()
	if v.Fetch.Body == nil || p.storedBefore() {
		return p, nil
	}
	var err error
	p.raw = len(v.Fetch.Body)
	p.body, err = deflate(v.Fetch.Body)
	return p, err
}

// lighten lets go of what is not needed once a visit is prepared, since many wait for
// the writer.
func (p *prepared) lighten() {
	if f := p.visit.Fetch; f != nil {
		light := *f
		light.Body = nil
		p.visit.Fetch = &light
	}
}

// parts is how much of the room for waiting visits one takes.
func (p *prepared) parts() int {
	entries := len(p.visit.Links) + len(p.visit.Found) + len(p.body)/400
	return min(1+entries/partEntries, inboxParts/2)
}

// bodySum is the hash of a body. One that was cut has none of its own, so it is that
// of the part that was kept.
func bodySum(f *sonde.Fetch) [32]byte {
	if f.BodySHA256 == [32]byte{} && len(f.Body) > 0 {
		return sha256.Sum256(f.Body)
	}
	return f.BodySHA256
}

// storedBefore reports whether the run before stored this very body of this URL.
func (p *prepared) storedBefore() bool {
	previous := p.visit.Target.Previous
	return previous != nil && previous.BodySHA256 == p.sum
}

// describe writes the lists of a page as JSON.
func (p *prepared) describe(page *sonde.Page) {
	p.headings = jsonList(page.Headings, func(b []byte, h sonde.Heading) []byte {
		return append(appendJSON(append(b, '[', byte('0'+h.Level), ','), h.Text), ']')
	})
	if manyCanonicals(page) {
		p.canonicals = jsonList(page.Canonicals, appendCanonical)
	}
	p.robots = jsonList(page.Robots, appendRobots)
	p.alternates = jsonList(page.Alternates, appendAlternate)
	p.openGraph = jsonList(page.OpenGraph, appendField)
	p.schemaTypes = jsonList(page.SchemaTypes, appendJSON)
	if page.Refresh != nil {
		p.refresh = string(appendRefresh(nil, page.Refresh))
	}
	p.fragments = packIDs(page.IDs)
}

// manyCanonicals reports whether canonical_id alone would not tell the story.
func manyCanonicals(page *sonde.Page) bool {
	if len(page.Canonicals) != 1 {
		return len(page.Canonicals) > 1
	}
	c := page.Canonicals[0]
	return c.Header || c.InBody || c.Raw != c.URL
}

// headersJSON lists the stable header fields, and the cookies by name and attributes.
func headersJSON(fields []sonde.HeaderField) string {
	return jsonList(fields, func(b []byte, f sonde.HeaderField) []byte {
		if f.IsVolatile() && f.Name != "Set-Cookie" {
			return b
		}
		return appendField(b, f)
	})
}

// digester sums fields so that no two lists of fields give the same bytes.
type digester struct {
	hash    hash.Hash
	scratch []byte
}

var digesters = sync.Pool{New: func() any { return &digester{hash: sha256.New()} }}

func (d *digester) text(s string) {
	d.scratch = binary.AppendUvarint(d.scratch, uint64(len(s)))
	d.scratch = append(d.scratch, s...)
}

func (d *digester) number(n int64) { d.scratch = binary.AppendVarint(d.scratch, n) }

func (d *digester) flag(b bool) {
	if b {
		d.scratch = append(d.scratch, 1)
	} else {
		d.scratch = append(d.scratch, 0)
	}
}

func (d *digester) sum() int64 {
	d.hash.Reset()
	d.hash.Write(d.scratch)
	var out [sha256.Size]byte
	return int64(binary.BigEndian.Uint64(d.hash.Sum(out[:0])))
}

// digestOf is the digest of everything that makes an answer what it is. Two answers of a
// URL with the same digest share one row of _facts. Validators and cookies are left
// out: servers change them without changing the page. Only of a body that nobody read do
// the validators tell whether it is the same.
func (p *prepared) digestOf() int64 {
	d := digesters.Get().(*digester)
	defer digesters.Put(d)
	d.scratch = d.scratch[:0]
	d.fetch(p.visit)
	d.scratch = append(d.scratch, p.sum[:]...)
	if f := p.visit.Fetch; p.sum == [32]byte{} && f.BodyBytes > 0 {
		d.text(f.ETag)
		d.text(f.LastModified)
	}
	for _, text := range []string{p.headings, p.canonicals, p.robots, p.refresh, p.alternates, p.openGraph, p.schemaTypes} {
		d.text(text)
	}
	if p.visit.Page != nil {
		d.page(p.visit.Page)
	}
	for i := range p.visit.Links {
		d.link(&p.visit.Links[i])
	}
	return d.sum()
}

func (d *digester) fetch(v *sonde.Visit) {
	f := v.Fetch
	d.number(int64(f.Status))
	d.text(f.ContentType)
	d.text(f.Charset)
	d.text(string(f.CharsetFrom))
	d.text(string(v.Index))
	d.number(f.BodyBytes)
	d.flag(f.Truncated)
	d.text(f.Sniffed)
	d.text(f.CharsetSeen)
	d.text(string(f.BlockedBy))
	for _, h := range f.Header {
		if !h.IsVolatile() {
			d.text(h.Name)
			d.text(h.Value)
		}
	}
}

func (d *digester) page(p *sonde.Page) {
	for _, s := range []string{p.Title, p.Description, p.Lang, p.Viewport, p.HeadClosedBy, string(p.ParseMode)} {
		d.text(s)
	}
	for _, n := range []int{p.TitleCount, p.DescriptionCount, p.H1Count, p.WordCount, p.LinkCount, p.SchemaBad,
		p.Images, p.ImagesNoAlt, p.Forms, p.InsecureForms, p.Scripts, p.InlineScripts, p.Styles, p.Elements, p.DepthMax,
		p.Replaced, p.DuplicateIDs, p.Passwords, p.MixedActive, p.MixedPassive} {
		d.number(int64(n))
	}
	d.number(int64(p.TextHash))
}

func (d *digester) link(l *sonde.Link) {
	d.text(l.URL)
	d.text(l.Fragment)
	d.text(l.Original)
	d.text(l.Anchor)
	d.text(l.Rel)
	d.text(string(l.Kind))
	d.text(string(l.Position))
	d.flag(l.Nofollow)
	d.flag(l.Internal)
}

// deflater compresses one body after the other.
type deflater struct {
	buffer bytes.Buffer
	zlib   *zlib.Writer
}

var deflaters = sync.Pool{New: func() any {
	d := &deflater{}
	d.zlib, _ = zlib.NewWriterLevel(&d.buffer, zlib.BestSpeed)
	return d
}}

// deflate returns body in the zlib format (RFC 1950).
func deflate(body []byte) ([]byte, error) {
	d := deflaters.Get().(*deflater)
	defer deflaters.Put(d)
	d.buffer.Reset()
	d.zlib.Reset(&d.buffer)
	if _, err := d.zlib.Write(body); err != nil {
		return nil, fmt.Errorf("compressing a body: %w", err)
	}
	if err := d.zlib.Close(); err != nil {
		return nil, fmt.Errorf("compressing a body: %w", err)
	}
	return bytes.Clone(d.buffer.Bytes()), nil
}

// originOf is the scheme and authority of a canonical URL, "" when there are none.
func originOf(url string) string {
	scheme := strings.Index(url, "://")
	if scheme < 0 {
		return ""
	}
	authority := scheme + len("://")
	if end := strings.IndexByte(url[authority:], '/'); end >= 0 {
		return url[:authority+end]
	}
	return url
}
