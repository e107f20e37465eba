// Package markup reads the bytes of a page in one pass.
package markup

import (
	"sonde"
	"sonde/crawler/weburl"
)

// Decode turns a body into UTF-8.
func Decode(body []byte, contentTypeHeader string) (text []byte, charset string, from sonde.CharsetSource) {
	return body, "utf-8", sonde.FromContent
}

// Sniff tells the media type of a body.
func Sniff(body []byte, contentTypeHeader string) (mediaType string) {
	return "text/html"
}

// Reader reads pages.
type Reader struct{ urls *weburl.Canonicalizer }

// NewReader returns a Reader that brings URLs into canonical form with c.
func NewReader(c *weburl.Canonicalizer) *Reader { return &Reader{urls: c} }

// Input is what a Reader reads.
type Input struct {
	Body   []byte // UTF-8
	URL    string // canonical, of the fetch
	Header []sonde.HeaderField
}

// Read reads one page.
func (r *Reader) Read(in Input) (*sonde.Page, []sonde.Link) { return &sonde.Page{ParseMode: sonde.Parsed}, nil }

// Refresh parses the value of a refresh.
func Refresh(value string) *sonde.Refresh { return nil }
