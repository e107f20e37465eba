package main

import (
	"maps"
	"os"
	"slices"
	"testing"

	"go.yaml.in/yaml/v3"
)

// TestOpenAPIKnowsThePolicy: openapi.yaml tells of the fields of a site's policy that its
// form has.
func TestOpenAPIKnowsThePolicy(t *testing.T) {
	text, err := os.ReadFile("../../dashboard/openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var document struct {
		Paths map[string]map[string]struct {
			Body struct {
				Content map[string]struct {
					Schema struct{ Properties map[string]any }
				}
			} `yaml:"requestBody"`
		}
	}
	if err := yaml.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	form := document.Paths["/api/v1/sites"]["post"].Body.Content["application/x-www-form-urlencoded"].Schema
	want := []string{"id", "name", "seeds"}
	for _, f := range policyFields() {
		want = append(want, f.Name)
	}
	slices.Sort(want)
	if told := slices.Sorted(maps.Keys(form.Properties)); !slices.Equal(told, want) {
		t.Errorf("openapi.yaml tells of %q, and the form has %q", told, want)
	}
}
