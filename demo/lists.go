package demo

import (
	"fmt"
	"html/template"
	"strings"
	"time"
)

// lists makes the pages that are made of others, or of a date.
func (s *site) lists() []*page {
	pages := []*page{s.shop(), s.journal(), s.manual()}
	pages = append(pages, archive()...)
	return append(pages, calendar()...)
}

// cards shows the listed pages of a section, with their pictures where asked.
var cards = template.Must(template.New("cards").Parse(
	`<ul class="cards">{{range .Pages}}<li>{{if $.Pictures}}<img src="/img/chart/{{.Name}}.svg" width="240" height="112" alt="{{.Heading}}">{{end}}` +
		`<a href="{{.Path}}">{{.Heading}}</a><p>{{.Description}}</p></li>{{end}}</ul>`))

func (s *site) cards(section string, pictures bool) string {
	var listed []*page
	for _, p := range s.pages {
		if p.Section() == section && p.listed {
			listed = append(listed, p)
		}
	}
	return string(execute(cards, map[string]any{"Pages": listed, "Pictures": pictures}))
}

func (s *site) shop() *page {
	return made("/shop/", "Instruments", "Everything that we make: seven instruments and a gift card, each with its sheet.",
		`<h1>Instruments</h1><p>Everything on this page was made within sight of the water that it is for. Prices include the sheet, the box and one honest answer by telephone.</p>`+
			s.cards("/shop/", true)+
			`<h2>For the counter</h2><ul class="plain"><li>The <a href="/go/catalogue">catalogue of 2019</a> as one file</li>`+
			`<li>What is <a href="/shop/stock">in stock</a> just now, and the <a href="/staff/stock-list">list for the staff</a></li>`+
			`<li>A <a href="/shop/brass-astrolabe">brass astrolabe</a>, while it lasts</li></ul>`)
}

func (s *site) journal() *page {
	return made("/journal/", "Journal", "What we learn about measuring water, and from whom.",
		`<h1>Journal</h1><p>Written when the lathe is quiet, by whoever has something to tell. Corrections are printed in the same size as the mistake.</p>`+
			s.cards("/journal/", false)+
			`<p>Older issues: <a href="/journal/archive/2025">2025</a> and before.</p>`)
}

func (s *site) manual() *page {
	return made("/docs/", "Manual", "How to install, check, mark and moor what we make.",
		`<h1>Manual</h1><p>One manual for all instruments, because they are all about the same water. It can be read in the rain: the printed one is on paper made for charts.</p>`+
			s.cards("/docs/", false)+
			`<p>If a page does not load, ask the server with a <a href="/go/ping">ping</a>. It will answer as well as it can.</p>`)
}

// made is a page whose body stands in the program.
func made(path, title, description, body string) *page {
	return &page{
		Path: path, Title: title, Description: description, Lang: "en",
		Body: template.Must(template.New(path).Parse(body)),
	}
}

// years are the issues of the archive, each found only on the one before it.
var years = []struct{ year, told string }{
	{"2025", "The year of the new quay. We measured it every week while it sank, and published the curve: four centimetres in all, most of them in March, none since. The engineers asked for the sheet and hung it in their office."},
	{"2024", "The year in which the buoy was lost, searched for, given up, replaced, and found by a fisherman who had used it as a seat since Easter. Its battery was still good. So was his chowder, the recipe of which filled the autumn issue."},
	{"2023", "The year of clear water. Three readers in three bays read more than nine metres on their white plates, a record for this coast, and nobody could say why. A fourth reader said that he could, at length, over four issues."},
	{"2022", "The year of the great calibration. Every barometer that we could get back climbed the hill again. Two in a hundred had drifted by more than we promise; the names of their makers were printed, and they bought the beer."},
	{"2021", "The year without open days. The workshop wrote letters instead, and answered four hundred of them with the reading of the tide gauge at the minute of writing. Several people have framed theirs, and one has it on a mug."},
	{"2020", "The first year of the journal. It had eight pages, one of which was upside down, and a correction to the calendar of 2019 that we had never printed. There is nothing before it, and whoever has clicked this far may have a gift card."},
}

// archive is a chain of pages that leads ever further from the front page.
func archive() []*page {
	var pages []*page
	for i, y := range years {
		body := "<h1>The journal in " + y.year + "</h1><p>" + y.told + "</p>"
		if i+1 < len(years) {
			body += `<p>Before that came <a href="` + years[i+1].year + `">` + years[i+1].year + "</a>.</p>"
		}
		pages = append(pages, made("/journal/archive/"+y.year, "The journal in "+y.year, "What the journal told in "+y.year+".", body))
	}
	return pages
}

// The calendar's first month, and how many follow: it looks endless and ends.
const (
	calendarYear   = 2026
	calendarMonth  = time.November
	calendarMonths = 14
)

// calendar is a page for each month, with nothing in it but the next one.
func calendar() []*page {
	var pages []*page
	for i := range calendarMonths {
		month := time.Date(calendarYear, calendarMonth+time.Month(i), 1, 0, 0, 0, 0, time.UTC)
		title := "Open days in " + month.Format("January 2006")
		body := "<h1>" + title + "</h1><p>No open days are planned yet.</p>" + days(month)
		if i+1 < calendarMonths {
			next := month.AddDate(0, 1, 0)
			body += fmt.Sprintf(`<p><a href="/events/%s" rel="next">%s</a></p>`, next.Format("2006-01"), next.Format("January"))
		}
		pages = append(pages, made("/events/"+month.Format("2006-01"), title, "Open days of the workshop in "+month.Format("January 2006")+".", body))
	}
	return pages
}

// days is the table of a month, a week in each row, Monday first.
func days(month time.Time) string {
	var table strings.Builder
	table.WriteString("<table><tr>" + strings.Repeat("<td></td>", (int(month.Weekday())+6)%7))
	for day := month; day.Month() == month.Month(); day = day.AddDate(0, 0, 1) {
		if day.Weekday() == time.Monday && day.Day() > 1 {
			table.WriteString("</tr><tr>")
		}
		fmt.Fprintf(&table, "<td>%d</td>", day.Day())
	}
	table.WriteString("</tr></table>")
	return table.String()
}
