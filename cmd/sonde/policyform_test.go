package main

import (
	"reflect"
	"testing"
	"time"

	"sonde"
)

// TestEveryFlagIsAField: what a field shows of a policy makes the same policy again.
func TestEveryFlagIsAField(t *testing.T) {
	if got, want := len(policyFields()), len(policyFlags)-len(unformed); got != want {
		t.Errorf("%d fields, want %d", got, want)
	}
	full := sonde.DefaultPolicy()
	full.UserAgent = "Sonde/1 (test)"
	full.Scope.Include, full.Scope.Exclude = []string{"a", "b"}, []string{"c"}
	full.MaxDepth, full.MaxPages, full.MaxTime, full.MaxBytes = 3, 100, 90*time.Minute, 3<<30
	full.Rate, full.Retries, full.Bodies, full.External = 0.5, 0, false, true
	full.Headers = map[string][]string{"X-A": {"1", "2"}}
	full.Thresholds = map[string]float64{"title.too_long.characters": 70}
	for _, p := range []sonde.Policy{sonde.DefaultPolicy(), full} {
		for _, f := range policyFields() {
			if f.Show == nil {
				t.Fatalf("%s shows nothing", f.Name)
			}
			texts := f.Show(p)
			if len(texts) == 0 && f.Many || f.Name == "user-agent" && p.UserAgent == "" {
				continue
			}
			again := p
			if err := f.Apply(&again, texts); err != nil {
				t.Errorf("%s: %q: %v", f.Name, texts, err)
			}
			if !reflect.DeepEqual(f.Show(again), texts) {
				t.Errorf("%s: %q became %q", f.Name, texts, f.Show(again))
			}
		}
	}
}

func TestSecretHeadersAreNoField(t *testing.T) {
	for _, f := range policyFields() {
		p := sonde.DefaultPolicy()
		if f.Name == "header" && f.Apply(&p, []string{"Cookie: a=b"}) == nil {
			t.Error("a cookie was taken")
		}
	}
}
