package demo

import (
	"net/http"
	"strings"
)

// redirects are the paths that lead elsewhere, each with its status.
var redirects = map[string]struct {
	status int
	to     string
}{
	"/about-us":       {http.StatusMovedPermanently, "/about"},
	"/go/summer-sale": {http.StatusMovedPermanently, "/go/sale"},
	"/go/sale":        {http.StatusFound, "/go/offers"},
	"/go/offers":      {http.StatusPermanentRedirect, "/shop/"},
	"/go/ping":        {http.StatusFound, "/go/pong"},
	"/go/pong":        {http.StatusFound, "/go/ping"},
	"/go/catalogue":   {http.StatusMovedPermanently, "/files/catalogue-2019.pdf"},
}

// maxPressDepth is how often the press folder is found inside itself before it
// ends, for crawlers that would not stop by themselves.
const maxPressDepth = 8

// serveTrouble answers the paths that are no pages.
func (s *site) serveTrouble(mux *http.ServeMux) {
	for path, r := range redirects {
		mux.Handle("GET "+path, http.RedirectHandler(r.to, r.status))
	}
	mux.HandleFunc("GET /shop/stock", func(w http.ResponseWriter, r *http.Request) {
		s.apologise(w, r, http.StatusInternalServerError, "The list of stock is broken", "Somebody is looking for the screwdriver.")
	})
	mux.HandleFunc("GET /shop/retired-sextant", func(w http.ResponseWriter, r *http.Request) {
		s.apologise(w, r, http.StatusGone, "The sextant has retired", "We do not make it any more, and nobody makes it better.")
	})
	mux.HandleFunc("GET /staff/stock-list", func(w http.ResponseWriter, r *http.Request) {
		answer(w, r, "text/plain; charset=utf-8", []byte("You should not be here: robots.txt asks you to stay outside.\n"))
	})
	mux.HandleFunc("GET /press/press/", s.growingPath)
}

// growingPath answers /press/press/…/ with the press page, whose relative link
// leads one folder further down.
func (s *site) growingPath(w http.ResponseWriter, r *http.Request) {
	depth := strings.Count(r.URL.Path, "/press")
	if r.URL.Path != strings.Repeat("/press", depth)+"/" || depth > maxPressDepth {
		s.notFound(w, r)
		return
	}
	inner := *s.at["/press/"]
	inner.Path = r.URL.Path
	s.servePage(w, r, &inner)
}

func (s *site) notFound(w http.ResponseWriter, r *http.Request) {
	s.apologise(w, r, http.StatusNotFound, "Nothing at this depth", "The lead came up clean: there is no page here.")
}

// apologise answers with an error status and a page that says so. Its title and
// text come from this program, never from the request.
func (s *site) apologise(w http.ResponseWriter, r *http.Request, status int, title, text string) {
	p := made(r.URL.Path, title, "", "<h1>"+title+"</h1><p>"+text+`</p><p>Back to the <a href="/">front page</a>.</p>`)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(s.frame.render(p, origin(r)))
}
