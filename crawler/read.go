package crawler

import (
	"strings"

	"sonde"
	"sonde/crawler/markup"
	"sonde/crawler/robots"
	"sonde/crawler/weburl"
)

// reader is what reading pages takes, kept from page to page. There are as many as
// processors; an answer waits for one.
type reader struct {
	markup *markup.Reader
	finder *finder
}

// newReaders makes n readers.
func (c *Crawler) newReaders(n int) chan *reader {
	readers := make(chan *reader, n)
	for range n {
		readers <- &reader{
			markup: markup.NewReader(c.urls),
			finder: newFinder(c.scope, c.budget, c.site.Policy.FollowNofollow),
		}
	}
	return readers
}

// read reads the content of a good answer, as far as its target's use asks.
func (c *Crawler) read(v *sonde.Visit, with *reader) {
	if v.Fetch.Status == 304 {
		return
	}
	switch v.Target.Use {
	case sonde.Map:
		c.readSitemap(v)
	case sonde.Read:
		v.Fetch.ContentType = markup.Sniff(v.Fetch.Body, field(v.Fetch.Header, "Content-Type"))
		v.Fetch.Sniffed = markup.Contradiction(v.Fetch.Body, v.Fetch.ContentType)
		if isPage(v.Fetch.ContentType) {
			c.readPage(v, with)
		} else if value := field(v.Fetch.Header, "Refresh"); value != "" {
			c.refresh(v, headerRefresh(value), v.Target.URL)
		}
	}
}

// isPage reports whether a media type is that of a page.
func isPage(mediaType string) bool {
	return mediaType == "text/html" || mediaType == "application/xhtml+xml"
}

// headerRefresh is the refresh that a header field asks for.
func headerRefresh(value string) *sonde.Refresh {
	r := markup.Refresh(value)
	if r != nil {
		r.Header = true
	}
	return r
}

// readPage reads a page: its facts, its links, and the targets they lead to.
func (c *Crawler) readPage(v *sonde.Visit, with *reader) {
	f := v.Fetch
	text, charset, from := markup.Decode(f.Body, field(f.Header, "Content-Type"))
	f.Charset, f.CharsetFrom, f.CharsetSeen = charset, from, markup.Seen(f.Body)
	v.Page, v.Links = with.markup.Read(markup.Input{Body: text, URL: v.Target.URL, Header: f.Header})
	c.refresh(v, v.Page.Refresh, v.Page.Base)
	with.finder.begin(v.Target)
	with.finder.adopt(v.Found)
	with.finder.links(v.Links, robots.Judge(v.Page.Robots, c.token).NoFollow)
	v.Found = with.finder.targets()
	if v.Target.By != sonde.BySeed && c.lost.isLike(weburl.Origin(v.Target.URL), v.Page) {
		leadNowhere(v)
	}
}

// leadNowhere has the links of a page not followed that says what the site says of
// pages that nobody made: such pages lead to more of their kind, without end. What is
// found on other pages too is followed from there.
func leadNowhere(v *sonde.Visit) {
	v.Detail = "it says what the site says of a page that nobody made; its links are not followed from here"
	for i := range v.Found {
		if t := &v.Found[i]; t.By == sonde.ByLink && t.Reason == "" {
			t.Reason = sonde.Trap
		}
	}
}

// keepBody lets go of a body that is not wanted: of what is no text, and of all
// where the policy says so.
func (c *Crawler) keepBody(v *sonde.Visit) {
	if v.Fetch == nil {
		return
	}
	if !c.site.Policy.Bodies || v.Target.Use != sonde.Read || !isText(v.Fetch.ContentType) {
		v.Fetch.Body = nil
	}
}

// isText reports whether a media type is that of something to read.
func isText(mediaType string) bool {
	if strings.HasPrefix(mediaType, "text/") || strings.HasSuffix(mediaType, "+xml") || strings.HasSuffix(mediaType, "+json") {
		return true
	}
	switch mediaType {
	case "application/xml", "application/json", "application/javascript":
		return true
	}
	return false
}
