package dashboard

import (
	"html/template"
	"unicode/utf8"
)

// What tables have hundreds of is written by hand: a template takes ten times as long for
// each. Whatever comes from elsewhere goes through markup.text.

// HTML is the cell as pages show it.
func (c cell) HTML() template.HTML {
	var m markup
	switch c.Kind {
	case "url":
		m.url(c)
	case "badge":
		m.badge(c)
	case "time":
		m.open("time", "datetime", c.Full)
		m.text(c.Text)
		m.raw("</time>")
	case "null":
		m.span("null", "", c.Text)
	case "flag":
		m.flag(c)
	case "number":
		m.linked("", c)
	default:
		m.linked(textClass(c.Text), c)
	}
	return template.HTML(m)
}

// shortText is how many characters a text may have to be shown whole wherever it stands.
const shortText = 20

// textClass tells the style sheet whether a text may be cut.
func textClass(text string) string {
	if utf8.RuneCountInString(text) > shortText {
		return "text long"
	}
	return "text"
}

// rowsHTML are the rows of a table.
func rowsHTML(rows [][]cell) template.HTML {
	var m markup
	for _, row := range rows {
		m.raw("\n<tr>")
		for _, c := range row {
			class := ""
			if c.Right {
				class = "number"
			}
			m.open("td", "class", class)
			m.raw(string(c.HTML()))
			m.raw("</td>")
		}
		m.raw("</tr>")
	}
	return template.HTML(m)
}

// optionsHTML are the columns of a table, to take one.
func optionsHTML(choices []choice) template.HTML {
	var m markup
	for _, c := range choices {
		m.open("option", "value", c.Name)
		m.text(c.Label)
		m.raw("</option>")
	}
	return template.HTML(m)
}

// boxesHTML are the columns of a table, to take some.
func boxesHTML(choices []choice) template.HTML {
	var m markup
	for _, c := range choices {
		m.raw(`<label><input type="checkbox" name="_cols" value="`)
		m.text(c.Name)
		m.raw(`"`)
		if c.Shown {
			m.raw(" checked")
		}
		m.raw(">")
		m.text(c.Label)
		m.raw("</label>")
	}
	return template.HTML(m)
}

// markup is HTML that is being written.
type markup []byte

// raw writes what is HTML already.
func (m *markup) raw(text string) { *m = append(*m, text...) }

// text writes a text, in an element or in a quoted attribute.
func (m *markup) text(text string) { m.raw(template.HTMLEscapeString(text)) }

// open begins an element. Attributes are names and values; those without a value are left
// out.
func (m *markup) open(element string, attributes ...string) {
	m.raw("<" + element)
	for i := 0; i < len(attributes); i += 2 {
		if attributes[i+1] != "" {
			m.raw(" " + attributes[i] + `="`)
			m.text(attributes[i+1])
			m.raw(`"`)
		}
	}
	m.raw(">")
}

func (m *markup) span(class, title, text string) {
	m.open("span", "class", class, "title", title)
	m.text(text)
	m.raw("</span>")
}

func (m *markup) url(c cell) {
	element := "span"
	if c.Link != "" {
		element = "a"
	}
	start, end := endOf(c.Text)
	m.open(element, "class", "url", "href", c.Link, "title", c.Full)
	m.raw(`<span class="start">`)
	m.span("dim", "", c.Host)
	m.text(start)
	m.raw("</span>")
	m.span("end", "", end)
	m.raw("</" + element + ">")
}

// endShown is how many characters at the end of a URL are shown in any case.
const endShown = 12

// endOf cuts what is shown of a URL before its end.
func endOf(text string) (start, end string) {
	runes := []rune(text)
	cut := max(len(runes)-endShown, 0)
	return string(runes[:cut]), string(runes[cut:])
}

func (m *markup) badge(c cell) {
	class := "badge tone-" + c.Tone
	if c.Icon != "" {
		class += " i-" + c.Icon
	}
	m.span(class, "", c.Text)
}

func (m *markup) flag(c cell) {
	if c.Icon != "" {
		m.text(c.Text)
		return
	}
	m.span("null", "", c.Text)
}

// linked writes the text of a cell, with a link where it has one.
func (m *markup) linked(class string, c cell) {
	if c.Link == "" {
		m.span(class, c.Full, c.Text)
		return
	}
	title := c.Full
	if class == "" { // numbers with a link have no more to say
		title = ""
	}
	m.open("a", "class", class, "href", c.Link, "title", title)
	m.text(c.Text)
	m.raw("</a>")
}
