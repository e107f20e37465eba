package crawler

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"sonde"
	"sonde/crawler/fetch"
	"sonde/crawler/robots"
)

// maxDetail is how many characters of a detail are kept.
const maxDetail = 500

// settle draws the conclusions from an answer: the outcome of the visit, where it
// leads, and what its content says.
func (c *Crawler) settle(v *sonde.Visit, r reply, with *reader) {
	v.Fetch, v.Failure, v.Detail = r.Fetch, r.Failure, clean(r.Detail)
	v.Attempts, v.At = r.attempts, r.at
	v.Outcome = outcomeOf(r.Answer)
	if f := v.Fetch; f != nil {
		f.Truncated = f.Truncated || r.Failure != sonde.NoFailure
		f.NotModified = f.Status == 304 && v.Target.Previous != nil
		f.BlockedBy = blockedBy(f)
	}
	switch v.Outcome {
	case sonde.Redirect:
		c.redirect(v, r.Location)
	case sonde.OK:
		c.read(v, with)
	}
	c.keepBody(v)
	v.Index = c.indexing(v)
}

// outcomeOf tells how an answer ends a visit, as far as the status and the failure
// tell.
func outcomeOf(a fetch.Answer) sonde.Outcome {
	if !usable(a) {
		if a.Failure == sonde.NoFailure {
			return sonde.ProtocolError
		}
		return a.Failure.Outcome()
	}
	switch status := a.Fetch.Status; {
	case status/100 == 2 || status == 304:
		return sonde.OK
	case pointsOn(status) || status == 300 && a.Location != "":
		return sonde.Redirect
	}
	return sonde.HTTPError
}

// pointsOn reports whether a status is a redirect that must say where to
// (RFC 9110, section 15.4). 300 may, 304 does not, 305 and 306 are history.
func pointsOn(status int) bool {
	switch status {
	case 301, 302, 303, 307, 308:
		return true
	}
	return false
}

// fail ends a visit with a failure that shows only when the answer is read.
func fail(v *sonde.Visit, failure sonde.Failure, detail string) {
	v.Outcome, v.Failure, v.Reason, v.RedirectTo = failure.Outcome(), failure, "", ""
	v.Detail = clean(detail)
}

// indexing tells whether a search engine would take the page.
func (c *Crawler) indexing(v *sonde.Visit) sonde.Indexing {
	switch {
	case v.Outcome == sonde.RobotsBlocked:
		return sonde.BlockedRobots
	case v.Fetch == nil || v.Target.Use != sonde.Read || v.Fetch.NotModified:
		return ""
	case v.Outcome == sonde.Redirect:
		return sonde.NotFinal
	case v.Fetch.Status != 200:
		return sonde.NotOKStatus
	case v.Page == nil:
		return sonde.NotHTML
	}
	return c.indexingOf(v.Target.URL, v.Page)
}

// indexingOf tells what a page itself says of being indexed.
func (c *Crawler) indexingOf(url string, p *sonde.Page) sonde.Indexing {
	for _, meta := range p.Robots {
		if !robots.Judge([]sonde.RobotsMeta{meta}, c.token).NoIndex {
			continue
		}
		if meta.Header {
			return sonde.NoindexHeader
		}
		return sonde.NoindexMeta
	}
	for _, canonical := range p.Canonicals {
		if canonical.URL != "" && canonical.URL != url {
			return sonde.CanonicalOther
		}
	}
	return sonde.Indexable
}

// clean makes a text fit for people: one line, no control characters, not too long.
func clean(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
	if utf8.RuneCountInString(text) <= maxDetail {
		return text
	}
	return string([]rune(text)[:maxDetail-1]) + "…"
}
