// Package website is a web site of any size that needs no disk: every page is
// made from its number when somebody asks for it, the same each time.
//
// Page 0 is the front page. Page i leads to pages 10i+1 to 10i+10, so that all
// pages are reached within a few clicks, and to some others all over the site.
// A page is like one of a large manual or magazine: a head, a navigation, three to
// six kilobytes of text with links in it, a footer; about thirty links in all.
package website

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Links of each page: to its own children, to others anywhere, and to the
// sections and the front page.
const (
	children = 10
	others   = 22
	sections = 6
)

// Site serves a site of Pages pages and counts who asked for what. Its methods
// may be called at once from many goroutines.
type Site struct {
	pages   int
	latency time.Duration
	buffers sync.Pool

	requests atomic.Int64
	served   atomic.Int64
	asked    []atomic.Bool
	distinct atomic.Int64
}

// New makes a site of that many pages; each answer is held back for latency.
func New(pages int, latency time.Duration) *Site {
	return &Site{
		pages: pages, latency: latency, asked: make([]atomic.Bool, pages),
		buffers: sync.Pool{New: func() any { return new([]byte) }},
	}
}

// Counts is what a site was asked for since it was made.
type Counts struct {
	Requests int64 // of every kind
	Pages    int64 // answered with a page
	Distinct int64 // different pages among them
}

// Counts tells what was asked for so far.
func (s *Site) Counts() Counts {
	return Counts{s.requests.Load(), s.served.Load(), s.distinct.Load()}
}

// ServeHTTP answers with the page that the path names, or 404.
func (s *Site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.requests.Add(1)
	if !hold(r.Context(), s.latency) {
		return
	}
	if r.URL.Path == "/style.css" {
		w.Header().Set("Content-Type", "text/css")
		_, _ = w.Write([]byte("body { max-width: 40em; margin: auto }\n"))
		return
	}
	number, found := number(r.URL.Path)
	if !found || number >= s.pages {
		http.NotFound(w, r)
		return
	}
	if r.Method == http.MethodGet {
		s.count(number)
	}
	s.write(w, number)
}

func (s *Site) count(number int) {
	s.served.Add(1)
	if !s.asked[number].Swap(true) {
		s.distinct.Add(1)
	}
}

func (s *Site) write(w http.ResponseWriter, number int) {
	buffer := s.buffers.Get().(*[]byte)
	defer s.buffers.Put(buffer)
	*buffer = s.Page((*buffer)[:0], number)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Length", fmt.Sprint(len(*buffer)))
	_, _ = w.Write(*buffer)
}

// hold waits, and reports whether the client still does.
func hold(ctx context.Context, latency time.Duration) bool {
	if latency == 0 {
		return true
	}
	timer := time.NewTimer(latency)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// Page appends the HTML of a page to out.
func (s *Site) Page(out []byte, number int) []byte {
	w := writer{out: out, site: s, dice: rand.New(rand.NewPCG(uint64(number), 7))}
	title := titleOf(number)
	w.text("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>", title, "</title>\n<meta name=\"description\" content=\"All about ", title, "\">\n<link rel=\"stylesheet\" href=\"/style.css\"></head>\n<body><nav><a href=\"/\">Front page</a>")
	for i := range sections {
		w.link(min(i+1, s.pages-1))
	}
	w.text("</nav>\n<main><h1>", title, "</h1>\n")
	w.body(number)
	w.text("</main>\n<footer><p>Page of a made-up site.</p></footer></body></html>\n")
	return w.out
}

// titleOf makes a title of the words of the path.
func titleOf(number int) string {
	if number == 0 {
		return "Front page"
	}
	folder, slug, _ := strings.Cut(strings.TrimPrefix(Path(number), "/"), "/")
	return strings.ReplaceAll(slug, "-", " ") + " · " + folder
}

// writer appends one page.
type writer struct {
	out  []byte
	site *Site
	dice *rand.Rand
}

func (w *writer) text(parts ...string) {
	for _, part := range parts {
		w.out = append(w.out, part...)
	}
}

func (w *writer) link(number int) {
	w.text(` <a href="`)
	w.out = appendPath(w.out, number)
	w.text(`">`, w.word(), " ", w.word(), "</a>")
}

func (w *writer) word() string { return words[w.dice.IntN(len(words))] }

// body writes paragraphs of text with a link in most of them.
func (w *writer) body(number int) {
	size := len(w.out) + 2000 + w.dice.IntN(3000)
	child, other := children*number+1, 0
	for part := 0; len(w.out) < size || part < children; part++ {
		if part%5 == 0 {
			w.text("<h2>", w.word(), " ", w.word(), "</h2>\n")
		}
		w.text("<p>")
		w.sentence()
		if part < children && child+part < w.site.pages {
			w.link(child + part)
		}
		w.sentence()
		for ; other < others && other <= 3*part; other++ {
			w.link(w.dice.IntN(w.site.pages))
		}
		w.text("</p>\n")
	}
}

func (w *writer) sentence() {
	for range 8 + w.dice.IntN(10) {
		w.text(" ", w.word())
	}
	w.text(".")
}
