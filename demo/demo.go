package demo

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"net/http"
	"strings"
	"time"
)

//go:embed content assets
var files embed.FS

// lastChange is the date that every page and picture of the site carries.
var lastChange = time.Date(2026, time.November, 1, 12, 0, 0, 0, time.UTC)

// Handler serves the site. Links that need a host take that of the request.
func Handler() http.Handler {
	s := newSite()
	mux := http.NewServeMux()
	s.servePages(mux)
	s.serveTrouble(mux)
	s.serveSitemaps(mux)
	s.serveArt(mux)
	mux.HandleFunc("GET /", s.notFound)
	return mux
}

// site is the whole site in memory; nothing in it changes after newSite.
type site struct {
	frame *frame
	pages []*page          // in the order in which lists show them
	at    map[string]*page // by path
}

func newSite() *site {
	s := &site{frame: newFrame(), at: map[string]*page{}}
	for _, p := range readContent() {
		s.add(p)
	}
	for _, p := range s.lists() {
		s.add(p)
	}
	return s
}

func (s *site) add(p *page) {
	s.pages = append(s.pages, p)
	s.at[p.Path] = p
}

// servePages answers the path of every page, with the page.
func (s *site) servePages(mux *http.ServeMux) {
	for _, p := range s.pages {
		pattern := "GET " + p.Path
		if strings.HasSuffix(p.Path, "/") {
			pattern += "{$}"
		}
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { s.servePage(w, r, p) })
	}
}

// servePage answers with a page as its header lines want it.
func (s *site) servePage(w http.ResponseWriter, r *http.Request, p *page) {
	if !pause(r, p.delay) {
		return
	}
	body := s.frame.render(p, origin(r))
	contentType := "text/html; charset=" + p.Charset()
	if p.Charset() == "iso-8859-1" {
		body = latin1(body)
	}
	if p.mediaType != "" {
		contentType = p.mediaType
	}
	if p.robotsHeader != "" {
		w.Header().Set("X-Robots-Tag", p.robotsHeader)
	}
	answer(w, r, contentType, body)
}

// answer sends a body with its validators, or 304 where the client has it.
func answer(w http.ResponseWriter, r *http.Request, contentType string, body []byte) {
	sum := sha256.Sum256(body)
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("ETag", `"`+hex.EncodeToString(sum[:8])+`"`)
	http.ServeContent(w, r, "", lastChange, bytes.NewReader(body))
}

// pause waits as a slow server does, and reports whether the client still does.
func pause(r *http.Request, delay time.Duration) bool {
	if delay == 0 {
		return true
	}
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.Context().Done():
		return false
	}
}

// origin is the scheme and host by which the client asked.
func origin(r *http.Request) string {
	if r.TLS != nil {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}
