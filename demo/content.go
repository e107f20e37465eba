package demo

import (
	"fmt"
	"html/template"
	"io/fs"
	"strings"
	"time"
)

// page is one page of the site. Path is as people write it, not percent-encoded.
type page struct {
	Path        string
	Title       string // "" makes a page without a title element
	Description string // "" makes a page without a description
	Lang        string // "" makes an html element without lang
	Robots      string // meta robots
	Canonical   string // path; "" stands for the page's own
	Refresh     string // meta refresh
	Price       string // of a product, in euros
	Date        string // of an article
	Image       bool   // shows the chart drawn for its name
	Languages   []translation
	Body        *template.Template

	listed       bool   // in the list of its section, and followed by the next one
	structured   string // "broken": the structured data is not JSON
	charset      string // "" is UTF-8
	mediaType    string // another Content-Type than HTML
	robotsHeader string // X-Robots-Tag
	delay        time.Duration
	next         *page // that the foot of the page leads to
}

// translation is one hreflang of a page.
type translation struct{ Lang, Path string }

// Section is the folder that a page belongs to, "/" for pages of none.
func (p *page) Section() string {
	return p.Path[:strings.LastIndexByte(p.Path, '/')+1]
}

// Name is the last part of the path: what its picture is drawn from.
func (p *page) Name() string {
	return p.Path[strings.LastIndexByte(p.Path, '/')+1:]
}

// Heading is what lists call the page.
func (p *page) Heading() string {
	if p.Title == "" {
		return "Notes"
	}
	heading, _, _ := strings.Cut(p.Title, " · ")
	return heading
}

// Charset is the encoding that the page is sent in.
func (p *page) Charset() string {
	if p.charset != "" {
		return p.charset
	}
	return "utf-8"
}

// readContent reads the pages written by hand. What is wrong there is wrong in
// the program, so it panics.
func readContent() []*page {
	var pages []*page
	err := fs.WalkDir(files, "content", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := files.ReadFile(name)
		if err != nil {
			return err
		}
		p, err := parsePage(name, string(text))
		pages = append(pages, p)
		return err
	})
	if err != nil {
		panic(fmt.Sprintf("demo: read the site's content: %v", err))
	}
	linkNeighbours(pages)
	return pages
}

// parsePage reads header lines up to an empty line, and a fragment of HTML, which
// is a template that may use {{.Origin}}.
func parsePage(name, text string) (*page, error) {
	head, body, found := strings.Cut(text, "\n\n")
	if !found {
		return nil, fmt.Errorf("%s: no empty line after the header", name)
	}
	path := strings.TrimSuffix(strings.TrimPrefix(name, "content"), ".html")
	p := &page{Path: path, Lang: "en", listed: true}
	for line := range strings.Lines(head) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		if err := p.set(key, value); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	var err error
	p.Body, err = template.New(name).Parse(body)
	return p, err
}

// set takes one header line of a page.
func (p *page) set(key, value string) (err error) {
	switch key {
	case "path":
		p.Path = value
	case "title":
		p.Title = value
	case "description":
		p.Description = value
	case "lang":
		p.Lang = strings.TrimPrefix(value, "none")
	case "robots":
		p.Robots = value
	case "canonical":
		p.Canonical = value
	case "refresh":
		p.Refresh = value
	case "price":
		p.Price = value
	case "date":
		p.Date = value
	case "image":
		p.Image = true
	case "languages":
		p.Languages = parseLanguages(value)
	case "listed":
		p.listed = value != "no"
	case "structured":
		p.structured = value
	case "charset":
		p.charset = value
	case "type":
		p.mediaType = value
	case "header":
		p.robotsHeader = value
	case "delay":
		p.delay, err = time.ParseDuration(value)
	default:
		err = fmt.Errorf("unknown header line %q", key)
	}
	return err
}

// parseLanguages reads "en=/about de=/de/über-uns".
func parseLanguages(value string) []translation {
	var all []translation
	for _, field := range strings.Fields(value) {
		lang, path, _ := strings.Cut(field, "=")
		all = append(all, translation{lang, path})
	}
	return all
}

// linkNeighbours leads from each listed page of a section to the next.
func linkNeighbours(pages []*page) {
	last := map[string]*page{}
	for _, p := range pages {
		if section := p.Section(); section != "/" && p.listed {
			if before := last[section]; before != nil {
				before.next = p
			}
			last[section] = p
		}
	}
}
