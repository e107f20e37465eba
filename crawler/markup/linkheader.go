package markup

import (
	"bytes"

	"sonde"
)

// headerLink is one link of a Link header.
type headerLink struct {
	target   []byte
	rel      []byte
	title    []byte
	langs    [][]byte
	anchored bool // anchor was given: the link may start from another page
}

// linkHeader notes the links of a Link header (RFC 8288, 3).
func (r *Reader) linkHeader(rest []byte) {
	for {
		var found headerLink
		if found, rest = nextHeaderLink(rest); found.target == nil {
			return
		}
		r.takeHeaderLink(found)
	}
}

func (r *Reader) takeHeaderLink(found headerLink) {
	rel, relations := r.readRel(found.rel)
	if relations&relHint != 0 {
		return
	}
	kind := kindOf(relations, sonde.LinkHeader)
	if found.anchored {
		kind = sonde.LinkHeader
	}
	link := r.link(kind, found.target)
	if link == noLink {
		return
	}
	to := &r.links[link]
	to.position, to.rel, to.nofollow = sonde.InHTTP, rel, relations&relNofollow != 0
	to.anchor = r.keep(r.collapse(found.title, sonde.MaxAnchor))
	if kind != sonde.LinkAlternate {
		return
	}
	for _, lang := range found.langs {
		r.keepLang(link, lang)
	}
}

// nextHeaderLink cuts the first link off a header's value. Its target is nil when
// there is none. What is not as the RFC has it is passed over.
func nextHeaderLink(value []byte) (headerLink, []byte) {
	open := bytes.IndexByte(value, '<')
	if open < 0 {
		return headerLink{}, nil
	}
	value = value[open+1:]
	end := bytes.IndexByte(value, '>')
	if end < 0 {
		return headerLink{}, nil
	}
	found := headerLink{target: value[:end:end]}
	return found, found.parameters(value[end+1:])
}

// parameters reads the parameters of a link and gives what follows its comma.
func (l *headerLink) parameters(rest []byte) []byte {
	for {
		rest = bytes.TrimLeft(rest, " \t;")
		if len(rest) == 0 {
			return nil
		}
		if rest[0] == ',' {
			return rest[1:]
		}
		end := bytes.IndexAny(rest, "=;, \t")
		if end < 0 {
			return nil
		}
		name := rest[:end]
		rest = bytes.TrimLeft(rest[end:], " \t")
		if len(rest) == 0 || rest[0] != '=' {
			continue
		}
		var value []byte
		value, rest = parameterValue(bytes.TrimLeft(rest[1:], " \t"))
		l.set(name, value)
	}
}

// parameterValue cuts a token or a quoted string off what follows an equals sign.
func parameterValue(rest []byte) (value, after []byte) {
	if len(rest) == 0 || rest[0] != '"' {
		end := bytes.IndexAny(rest, ";,")
		if end < 0 {
			end = len(rest)
		}
		return trimSpace(rest[:end]), rest[end:]
	}
	for i := 1; i < len(rest); i++ {
		switch {
		case rest[i] == '\\' && i+1 < len(rest):
			i++
			value = append(value, rest[i])
		case rest[i] == '"':
			return value, rest[i+1:]
		default:
			value = append(value, rest[i])
		}
	}
	return value, nil
}

// set takes a parameter; of doubles the first counts, but for hreflang.
func (l *headerLink) set(name, value []byte) {
	switch {
	case equalLower(name, "rel"):
		if l.rel == nil {
			l.rel = append([]byte{}, value...)
		}
	case equalLower(name, "hreflang"):
		l.langs = append(l.langs, value)
	case equalLower(name, "title"):
		if l.title == nil {
			l.title = value
		}
	case equalLower(name, "anchor"):
		l.anchored = true
	}
}
