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
	Name   string
	Inputs []input
	Open   bool // something in it is not as usual, or wrong
}

// inputs are the fields filled with what a policy says. faults are by the name of the
// field.
func inputs(fields []Field, p sonde.Policy, typed url.Values, faults map[string]string) []inputGroup {
	var groups []inputGroup
	usual := sonde.DefaultPolicy()
	usual.UserAgent = p.UserAgent
	for _, f := range fields {
		if len(groups) == 0 || groups[len(groups)-1].Name != f.Group {
			groups = append(groups, inputGroup{Name: f.Group})
		}
		group := &groups[len(groups)-1]
		in := input{Field: f, Value: strings.Join(f.Show(p), "\n"), Fault: faults[f.Name]}
		if typed != nil {
			in.Value = typed.Get(f.Name)
		}
		in.Checked = f.Unit == "" && in.Value == "true"
		group.Inputs = append(group.Inputs, in)
		changed := in.Value != strings.Join(f.Show(usual), "\n")
		group.Open = group.Open || in.Fault != "" || changed
	}
	return groups
}

// policyOf reads a form over a policy. What is left empty is as in the usual one. Faults
// are by the name of the field.
func policyOf(fields []Field, usual, base sonde.Policy, form url.Values) (sonde.Policy, map[string]string) {
	p, faults := base, map[string]string{}
	for _, f := range fields {
		if _, given := form[f.Name]; !given && f.Unit != "" {
			continue
		}
		texts := f.texts(form.Get(f.Name))
		if len(texts) == 0 {
			texts = f.Show(usual)
		}
		if slices.Equal(texts, f.Show(base)) {
			continue // as it is, whatever else goes with it
		}
		if err := f.Apply(&p, texts); err != nil {
			faults[f.Name] = sentence(err)
		}
	}
	return p, faults
}

// texts are the values in the text of an input.
func (f Field) texts(text string) []string {
	if f.Unit == "" {
		if text == "true" || text == "on" {
			return []string{"true"}
		}
		return []string{"false"}
	}
	var lines []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}
