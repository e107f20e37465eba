package dashboard

import (
	"net/url"
	"slices"
	"strings"

	"sonde"
)

// Field is one thing that can be said about the policy of a site. Its name and words
// are those of the flag of `sonde crawl` that says the same.
type Field struct {
	Group    string
	Name     string
	Usage    string
	Unit     string // what is wanted, such as N or TIME; "" for a switch
	Fallback string // what holds where nothing is said
	Many     bool   // it takes several values, a line for each
	Choices  []string
	Show     func(sonde.Policy) []string // what a policy says
	Apply    func(p *sonde.Policy, texts []string) error
}

// input is a field as a form shows it.
type input struct {
	Field
	Value   string // lines, where there are many
	Checked bool   // of a switch
	Fault   string
}

// inputGroup is a part of the form.
type inputGroup struct {
	Name     string
	Inputs   []input
	Switches []input
	Open     bool // something in it is not as usual, or wrong
}

// inputs are the fields filled with what a policy says, or with what was typed.
func inputs(fields []Field, p sonde.Policy, typed url.Values, wrong faults) []inputGroup {
	var groups []inputGroup
	usual := sonde.DefaultPolicy()
	usual.UserAgent = p.UserAgent
	for _, f := range fields {
		if len(groups) == 0 || groups[len(groups)-1].Name != f.Group {
			groups = append(groups, inputGroup{Name: f.Group})
		}
		group := &groups[len(groups)-1]
		in := input{Field: f, Value: strings.Join(f.Show(p), "\n"), Fault: wrong[f.Name]}
		if texts, given := typed[f.Name]; given {
			in.Value = texts[len(texts)-1]
		}
		in.Checked = f.Unit == "" && in.Value == "true"
		if f.Unit == "" {
			group.Switches = append(group.Switches, in)
		} else {
			group.Inputs = append(group.Inputs, in)
		}
		changed := in.Value != strings.Join(f.Show(usual), "\n")
		group.Open = group.Open || in.Fault != "" || changed
	}
	return groups
}

// policyOf reads a form over a policy. What is left empty is as in the usual one. Faults
// are by the name of the field.
func policyOf(fields []Field, usual, base sonde.Policy, form url.Values) (sonde.Policy, faults) {
	p, wrong := base, faults{}
	for _, f := range fields {
		texts, given := f.texts(form)
		if !given {
			continue
		}
		if len(texts) == 0 {
			texts = f.Show(usual)
		}
		switch {
		case slices.Equal(texts, f.Show(base)): // as it is, whatever else goes with it
		case len(texts) > 1 && !f.Many:
			wrong[f.Name] = "One value is wanted, on one line."
		default:
			if err := f.Apply(&p, texts); err != nil {
				wrong[f.Name] = sentence(err)
			}
		}
	}
	return p, wrong
}

// texts are the values that a form gives, the last that is said of a switch.
func (f Field) texts(form url.Values) (texts []string, given bool) {
	said, given := form[f.Name]
	switch {
	case !given:
		return nil, false
	case f.Unit == "":
		return said[len(said)-1:], true
	}
	return linesOf(said[0]), true
}

// linesOf are the lines of a text that say something.
func linesOf(text string) []string {
	var lines []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

// namesOf are the names of fields, with blanks between.
func namesOf(fields []Field) string {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.Name
	}
	return strings.Join(names, " ")
}
