package markup

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"sonde"
)

// jsonLD takes the types out of a block of JSON-LD, and counts one that is not
// JSON.
func (r *Reader) jsonLD(block []byte) {
	if len(block) > maxJSON || !json.Valid(block) {
		r.page.SchemaBad++
		return
	}
	for typed := true; typed; {
		var value []byte
		if value, block, typed = nextType(block); typed {
			r.typeNames(value)
		}
	}
}

// maxJSON bounds a block of JSON-LD, in bytes; a greater one is not looked into and
// counts as bad.
const maxJSON = 4 << 20

// nextType finds the next "@type" in JSON that is known to be valid, and gives what
// follows its colon.
func nextType(text []byte) (value, rest []byte, found bool) {
	for {
		var word []byte
		if word, text = nextString(text); word == nil {
			return nil, nil, false
		}
		after := trimSpace(text[:min(len(text), 64)])
		if string(word) == `"@type"` && len(after) > 0 && after[0] == ':' {
			text = bytes.TrimLeft(text, whiteSpace)[1:]
			return text, text, true
		}
	}
}

// nextString cuts the next string, with its quotes, off valid JSON.
func nextString(text []byte) (word, rest []byte) {
	start := bytes.IndexByte(text, '"')
	if start < 0 {
		return nil, nil
	}
	for i := start + 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return text[start : i+1], text[i+1:]
		}
	}
	return nil, nil
}

// typeNames takes the value of a "@type": a string or an array of strings.
func (r *Reader) typeNames(value []byte) {
	value = bytes.TrimLeft(value, whiteSpace)
	if bytes.HasPrefix(value, []byte("[")) {
		value, _, _ = bytes.Cut(value, []byte("]"))
	} else if bytes.HasPrefix(value, []byte(`"`)) {
		value, _ = nextString(value)
	} else {
		return
	}
	for {
		var word []byte
		if word, value = nextString(value); word == nil {
			return
		}
		var name string
		if json.Unmarshal(word, &name) == nil {
			r.schemaType(name)
		}
	}
}

// schemaTypes takes the types of an itemtype or typeof attribute.
func (r *Reader) schemaTypes(list []byte) {
	for name := range bytes.FieldsSeq(list) {
		r.schemaType(string(name))
	}
}

// schemaType keeps the name of a type once. Those of schema.org, which is to say
// nearly all, are known by their short name.
func (r *Reader) schemaType(name string) {
	for _, prefix := range [...]string{"https://schema.org/", "http://schema.org/", "https://www.schema.org/", "http://www.schema.org/", "schema:"} {
		name = strings.TrimPrefix(name, prefix)
	}
	name = string(r.collapse([]byte(name), sonde.MaxAnchor))
	if name != "" && len(r.page.SchemaTypes) < maxSchemaTypes && !slices.Contains(r.page.SchemaTypes, name) {
		r.page.SchemaTypes = append(r.page.SchemaTypes, name)
	}
}
