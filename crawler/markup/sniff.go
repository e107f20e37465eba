package markup

import (
	"bytes"
	"net/http"
	"strings"
)

// Sniff tells the media type of a body, in lower case and without parameters. It
// is what the Content-Type header says; only where the header is missing or says
// nothing, the bytes are asked (WHATWG MIME Sniffing, 7).
func Sniff(body []byte, contentTypeHeader string) (mediaType string) {
	essence, _ := contentType(contentTypeHeader)
	switch essence {
	case "", "unknown/unknown", "application/unknown":
		essence, _, _ = strings.Cut(http.DetectContentType(body), ";")
	}
	return essence
}

// Contradiction gives the media type that a body shows where that is of another
// kind than the one it was sent as: a page in the place of a picture or a script, a
// picture in the place of a page. It is "" where both agree, and where nothing can be
// told for sure.
func Contradiction(body []byte, mediaType string) string {
	seen, _, _ := strings.Cut(http.DetectContentType(body), ";")
	said, shown := contentOf(mediaType), contentOf(seen)
	switch {
	case len(body) == 0, said == anyContent, said == shown, seen == "application/octet-stream":
		return ""
	case shown == textContent || shown == xmlContent:
		if said == imageContent || said == mediaContent || said == fontContent {
			return seen
		}
		return ""
	case shown == pageContent && (said == xmlContent || mediaType == "text/plain" || bytes.HasPrefix(body, []byte("<!--"))):
		return "" // XML may begin as HTML does, a text may be about HTML, and a script may hide in a comment
	}
	return seen
}

// content is what kind of thing a media type names.
type content uint8

const (
	anyContent content = iota // no kind that its first bytes tell apart
	pageContent
	xmlContent
	textContent
	imageContent
	mediaContent
	fontContent
)

// contentOf tells what kind of thing a media type names.
func contentOf(mediaType string) content {
	major, _, _ := strings.Cut(mediaType, "/")
	switch {
	case mediaType == "text/html", mediaType == "application/xhtml+xml":
		return pageContent
	case strings.HasSuffix(mediaType, "xml"):
		return xmlContent
	case major == "text", strings.HasSuffix(mediaType, "json"), strings.HasSuffix(mediaType, "javascript"):
		return textContent
	case major == "image":
		return imageContent
	case major == "audio", major == "video":
		return mediaContent
	case major == "font":
		return fontContent
	}
	return anyContent
}

// contentType takes a Content-Type apart into its media type, in lower case, and
// its charset; either is "" where there is none. Of several values in one header
// the last that is one counts, with the charset of one before it when both name
// the same type (Fetch Standard, "extract a MIME type").
func contentType(header string) (essence, charset string) {
	for value := range strings.SplitSeq(header, ",") {
		name, parameters, _ := strings.Cut(value, ";")
		name = strings.ToLower(strings.Trim(name, whiteSpace))
		if !isMediaType(name) {
			continue
		}
		label := charsetParameter(parameters)
		if label != "" || name != essence {
			charset = label
		}
		essence = name
	}
	return essence, charset
}

// isMediaType reports whether a name is a type and a subtype, and not a wildcard.
func isMediaType(name string) bool {
	major, minor, _ := strings.Cut(name, "/")
	return isToken(major) && isToken(minor) && name != "*/*"
}

// isToken reports whether text is a token (RFC 9110, 5.6.2).
func isToken(text string) bool {
	for i := range len(text) {
		if c := text[i]; kinds[c]&(letter|digit) == 0 && strings.IndexByte("!#$%&'*+-.^_`|~", c) < 0 {
			return false
		}
	}
	return text != ""
}

func charsetParameter(parameters string) string {
	for parameter := range strings.SplitSeq(parameters, ";") {
		name, value, _ := strings.Cut(parameter, "=")
		if strings.EqualFold(strings.Trim(name, whiteSpace), "charset") {
			return strings.Trim(value, whiteSpace+`"'`)
		}
	}
	return ""
}
