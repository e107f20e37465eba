package report

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strings"
)

// fewNamed is how many values of a list are named in words.
const fewNamed = 3

// InWords writes the evidence of an example as "name value, name value", in the order in
// which its rule tells it. What is not so is left out.
func (e Example) InWords() string {
	d := json.NewDecoder(strings.NewReader(e.Evidence))
	if begin, err := d.Token(); err != nil || begin != json.Delim('{') {
		return e.Evidence
	}
	var texts []string
	for d.More() {
		var value any
		name, err := d.Token()
		if err := cmp.Or(err, d.Decode(&value)); err != nil {
			return e.Evidence
		}
		spaced := strings.ReplaceAll(fmt.Sprint(name), "_", " ")
		switch is, yesOrNo := value.(bool); {
		case value == nil, yesOrNo && !is:
		case yesOrNo:
			texts = append(texts, spaced)
		default:
			texts = append(texts, spaced+" "+valueInWords(value))
		}
	}
	return strings.Join(texts, ", ")
}

func valueInWords(value any) string {
	switch value := value.(type) {
	case string:
		return value
	case []any:
		var parts []string
		for _, one := range value[:min(len(value), fewNamed)] {
			parts = append(parts, valueInWords(one))
		}
		if more := len(value) - fewNamed; more > 0 {
			parts = append(parts, fmt.Sprintf("and %d more", more))
		}
		return strings.Join(parts, " ")
	}
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprint(value)
	}
	return string(text)
}

// origin is scheme, host and port of the pages, where a report has one host; "" elsewhere.
// What is about that one may be called by its path.
func (r Report) origin() string {
	if len(r.Hosts) != 1 || len(r.MostLinked) == 0 {
		return ""
	}
	scheme, rest, found := strings.Cut(r.MostLinked[0].URL, "://")
	host, _, _ := strings.Cut(rest, "/")
	if !found || host == "" {
		return ""
	}
	return scheme + "://" + host
}

// short leaves the origin out of the URLs in a text.
func (r Report) short(text string) string {
	if origin := r.origin(); origin != "" {
		return strings.ReplaceAll(text, origin+"/", "/")
	}
	return text
}
