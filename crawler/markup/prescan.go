package markup

import (
	"bytes"
	"strings"
)

// prescanned is how many bytes of a page a declaration of its charset is looked
// for in, and prescannedLate where it is looked for when nothing else tells: a
// browser that meets one so late starts over.
const (
	prescanned     = 1024
	prescannedLate = 64 << 10
)

// prescan finds the label of the charset that a page declares in its first bytes,
// "" for none (HTML Standard, 13.2.3.3).
func prescan(head []byte) string {
	switch {
	case bytes.HasPrefix(head, []byte("<\x00?\x00x\x00")):
		return "utf-16le"
	case bytes.HasPrefix(head, []byte("\x00<\x00?\x00x")):
		return "utf-16be"
	}
	for i := 0; i < len(head); {
		at := bytes.IndexByte(head[i:], '<')
		if at < 0 {
			break
		}
		var label string
		if label, i = prescanMarkup(head, i+at); label != "" {
			return label
		}
	}
	return xmlDeclaration(head)
}

// prescanMarkup passes over what begins with the '<' at i. It gives the label that
// it declares, if it does.
func prescanMarkup(head []byte, i int) (label string, next int) {
	rest := head[i:]
	switch {
	case bytes.HasPrefix(rest, []byte("<!--")):
		return "", prescanComment(head, i+2)
	case isMeta(rest):
		return prescanMeta(head, i+len("<meta"))
	case len(rest) > 1 && kinds[rest[1]]&letter != 0, len(rest) > 2 && rest[1] == '/' && kinds[rest[2]]&letter != 0:
		for i < len(head) && !isSpace(head[i]) && head[i] != '>' {
			i++
		}
		for more := true; more; {
			_, _, i, more = prescanAttribute(head, i)
		}
		return "", i
	case len(rest) > 1 && strings.IndexByte("!/?", rest[1]) >= 0:
		return "", after(head, i, '>')
	}
	return "", i + 1
}

// prescanComment gives the position behind a comment's "-->", whose dashes may be
// those that opened it.
func prescanComment(head []byte, dashes int) int {
	end := bytes.Index(head[dashes:], []byte("-->"))
	if end < 0 {
		return len(head)
	}
	return dashes + end + len("-->")
}

func isMeta(rest []byte) bool {
	return len(rest) > len("<meta") && hasPrefixLower(rest, "<meta") && (isSpace(rest[5]) || rest[5] == '/')
}

// prescanMeta reads the attributes of a meta element: a charset, or a content with
// a charset next to http-equiv=content-type. A tag that is cut off declares nothing.
func prescanMeta(head []byte, i int) (label string, next int) {
	var seen attributes
	var pragma, needsPragma bool
	for {
		name, value, end, ok := prescanAttribute(head, i)
		if i = end; !ok {
			break
		}
		a := metaAttribute(name)
		if seen.has(a) {
			continue
		}
		seen |= 1 << a
		switch a {
		case httpEquivAttr:
			pragma = equalLower(value, "content-type")
		case contentAttr:
			if found := charsetInContent(value); found != "" && label == "" {
				label, needsPragma = found, true
			}
		case charsetAttr:
			label, needsPragma = string(value), false
		}
	}
	if i == len(head) || needsPragma && !pragma {
		return "", i
	}
	return declared(label), i
}

// charsetAttr is an attribute that only the prescan looks at.
const charsetAttr = attributeCount

func metaAttribute(name []byte) attribute {
	if equalLower(name, "charset") {
		return charsetAttr
	}
	return attribute(attrNames.find(name, 0, len(name)))
}

// declared is the label that a declaration inside a page means: what can be read
// as ASCII is not UTF-16, and x-user-defined is a mistake.
func declared(label string) string {
	switch name := lookup(label).name; name {
	case "utf-16le", "utf-16be":
		return utf8Name
	case "x-user-defined":
		return windowsLatin
	default:
		return name
	}
}

// charsetInContent takes the charset out of a content like "text/html; charset=x".
func charsetInContent(value []byte) string {
	content := strings.ToLower(string(value))
	for {
		at := strings.Index(content, "charset")
		if at < 0 {
			return ""
		}
		content = strings.TrimLeft(content[at+len("charset"):], whiteSpace)
		if strings.HasPrefix(content, "=") {
			break
		}
	}
	content = strings.TrimLeft(content[1:], whiteSpace)
	if content == "" {
		return ""
	}
	if quote := content[0]; quote == '"' || quote == '\'' {
		inside, _, closed := strings.Cut(content[1:], content[:1])
		if !closed {
			return ""
		}
		return lookup(inside).name
	}
	if end := strings.IndexAny(content, whiteSpace+";"); end >= 0 {
		content = content[:end]
	}
	return lookup(content).name
}

// prescanAttribute reads one attribute; ok is false at the end of the tag.
func prescanAttribute(head []byte, i int) (name, value []byte, next int, ok bool) {
	for i < len(head) && (isSpace(head[i]) || head[i] == '/') {
		i++
	}
	if i == len(head) || head[i] == '>' {
		return nil, nil, i, false
	}
	start := i
	i++ // a name may begin with '='
	for i < len(head) && kinds[head[i]]&ender == 0 {
		i++
	}
	name = head[start:i]
	for i < len(head) && isSpace(head[i]) {
		i++
	}
	if i == len(head) || head[i] != '=' {
		return name, nil, i, true
	}
	at, next := attributeValue(head, i+1)
	return name, at.of(head), next, true
}

// xmlDeclaration takes the label out of <?xml … encoding="…" ?>.
func xmlDeclaration(head []byte) string {
	declaration, _, closed := bytes.Cut(head, []byte(">"))
	if !closed || !bytes.HasPrefix(declaration, []byte("<?xml")) {
		return ""
	}
	_, rest, found := bytes.Cut(declaration, []byte("encoding"))
	if !found {
		return ""
	}
	rest, found = bytes.CutPrefix(bytes.TrimLeft(rest, whiteSpace), []byte("="))
	rest = bytes.TrimLeft(rest, whiteSpace)
	if !found || len(rest) == 0 || rest[0] != '"' && rest[0] != '\'' {
		return ""
	}
	label, _, closed := bytes.Cut(rest[1:], rest[:1])
	if !closed || bytes.ContainsAny(label, whiteSpace) {
		return ""
	}
	return declaredXML(string(label))
}

func declaredXML(label string) string {
	if name := lookup(label).name; name != "utf-16le" && name != "utf-16be" {
		return name
	}
	return utf8Name
}
