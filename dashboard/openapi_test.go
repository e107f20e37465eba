package dashboard_test

import (
	_ "embed"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"sonde/dashboard"
)

//go:embed openapi.yaml
var openAPI []byte

// document is what is read of openapi.yaml.
type document struct {
	Paths      map[string]map[string]operation
	Components struct {
		Parameters map[string]parameter
		Responses  map[string]any
		Schemas    map[string]any
	}
}

type operation struct {
	Summary     string
	Parameters  []parameter
	RequestBody struct {
		Content map[string]struct {
			Schema struct {
				Required   []string
				Properties map[string]any
			}
		}
	} `yaml:"requestBody"`
	Responses map[string]map[string]any
}

type parameter struct {
	Ref      string `yaml:"$ref"`
	Name, In string
	Schema   struct{ Enum []string }
}

// readDocument reads openapi.yaml.
func readDocument(t *testing.T) document {
	t.Helper()
	var d document
	if err := yaml.Unmarshal(openAPI, &d); err != nil {
		t.Fatal(err)
	}
	return d
}

// parameters are those of an operation, each where it was referred to.
func (d document) parameters(t *testing.T, o operation) []parameter {
	t.Helper()
	var found []parameter
	for _, p := range o.Parameters {
		if name, referred := strings.CutPrefix(p.Ref, "#/components/parameters/"); referred {
			known, ok := d.Components.Parameters[name]
			if !ok {
				t.Errorf("there is no parameter %s", p.Ref)
			}
			p = known
		}
		found = append(found, p)
	}
	return found
}

// concretes are the paths that a template stands for, in the manner of the routes: what
// can be listed is.
func concretes(path string, parameters []parameter) []string {
	paths := []string{path}
	for _, p := range parameters {
		if p.In != "path" {
			continue
		}
		values := p.Schema.Enum
		if len(values) == 0 {
			values = []string{":" + p.Name}
		}
		var filled []string
		for _, path := range paths {
			for _, value := range values {
				filled = append(filled, strings.ReplaceAll(path, "{"+p.Name+"}", value))
			}
		}
		paths = filled
	}
	return paths
}

// public reports whether a route is one that programs use.
func public(r dashboard.Route) bool {
	_, ending, _ := strings.Cut(r.Path[strings.LastIndex(r.Path, "/"):], ".")
	return strings.HasPrefix(r.Path, "/api/v1/") || slices.Contains([]string{"csv", "json", "ndjson", "md", "html", "yaml"}, ending) ||
		slices.Contains([]string{"/healthz", "/metrics", "/events"}, r.Path)
}

// TestOpenAPI holds openapi.yaml by the routes: every one that programs use stands in
// it, with its parameters and errors, and none that there is not.
func TestOpenAPI(t *testing.T) {
	b := newBoard(t, nil)
	routes := map[string]dashboard.Route{}
	for _, r := range dashboard.Routes(t, b.file) {
		routes[r.Method+" "+r.Path] = r
	}
	d, told := readDocument(t), map[string]bool{}
	for path, operations := range d.Paths {
		for method, o := range operations {
			parameters := d.parameters(t, o)
			for _, concrete := range concretes(path, parameters) {
				name := strings.ToUpper(method) + " " + concrete
				r, exists := routes[name]
				if told[name] = true; !exists {
					t.Errorf("openapi.yaml tells of %s, which there is not", name)
					continue
				}
				d.wantsParameters(t, r, o, parameters)
			}
			d.wantsResponses(t, method+" "+path, o)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(routes)) {
		if public(routes[name]) && !told[name] {
			t.Errorf("openapi.yaml does not tell of %s", name)
		}
	}
}

// wantsParameters holds that an operation tells of the parameters that its route takes.
// The fields of the policy are cmd's; a test there holds them.
func (d document) wantsParameters(t *testing.T, r dashboard.Route, o operation, parameters []parameter) {
	t.Helper()
	var told []string
	for _, p := range parameters {
		if p.In == "query" {
			told = append(told, p.Name)
		}
	}
	form := o.RequestBody.Content["application/x-www-form-urlencoded"].Schema
	told = slices.AppendSeq(told, maps.Keys(form.Properties))
	want := strings.Fields(r.Takes)
	switch {
	case r.Path == "/api/v1/sites":
		told = slices.DeleteFunc(told, func(name string) bool { return !slices.Contains(want, name) })
	case strings.HasSuffix(r.Path, "/facets.json"):
		want = []string{"filters", "_search"}
	case r.Takes == dashboard.Itself:
		want = []string{"filters", "_search", "_cols", "_raw", "_bom"}
	}
	slices.Sort(told)
	slices.Sort(want)
	if !slices.Equal(told, want) {
		t.Errorf("%s %s takes %q, and openapi.yaml tells of %q", r.Method, r.Path, want, told)
	}
	for _, name := range form.Required {
		if !slices.Contains(told, name) {
			t.Errorf("%s %s wants %s, which it does not tell of", r.Method, r.Path, name)
		}
	}
}

// wantsResponses holds that an operation tells how it ends well and how it ends badly.
func (d document) wantsResponses(t *testing.T, name string, o operation) {
	t.Helper()
	bad := false
	for status, response := range o.Responses {
		code, err := strconv.Atoi(status)
		bad = bad || code >= 400
		ref, referred := response["$ref"].(string)
		if known := d.Components.Responses[strings.TrimPrefix(ref, "#/components/responses/")]; err != nil || referred && known == nil {
			t.Errorf("%s: the response %s is %v", name, status, response)
		}
	}
	if o.Responses["200"] == nil || !bad || o.Summary == "" {
		t.Errorf("%s does not tell what it is for, how it ends well and how it ends badly", name)
	}
}
