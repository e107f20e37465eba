package main

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"sonde"
	"sonde/dashboard"
)

// policyTexts write what a policy says as its flags would be given, by flag.
var policyTexts = map[string]func(sonde.Policy) []string{
	"scope":           func(p sonde.Policy) []string { return one(string(p.Scope.Kind)) },
	"include":         func(p sonde.Policy) []string { return p.Scope.Include },
	"exclude":         func(p sonde.Policy) []string { return p.Scope.Exclude },
	"robots":          func(p sonde.Policy) []string { return one(string(p.Robots)) },
	"sitemaps":        func(p sonde.Policy) []string { return one(strconv.FormatBool(p.Sitemaps)) },
	"follow-nofollow": func(p sonde.Policy) []string { return one(strconv.FormatBool(p.FollowNofollow)) },
	"external":        func(p sonde.Policy) []string { return one(strconv.FormatBool(p.External)) },
	"drop-param":      func(p sonde.Policy) []string { return p.DropParams },
	"depth":           func(p sonde.Policy) []string { return one(limitText(p.MaxDepth)) },
	"max-pages":       func(p sonde.Policy) []string { return one(strconv.Itoa(p.MaxPages)) },
	"max-time":        func(p sonde.Policy) []string { return one(durationText(p.MaxTime)) },
	"max-bytes":       func(p sonde.Policy) []string { return one(sizeText(p.MaxBytes)) },
	"rate":            func(p sonde.Policy) []string { return one(strconv.FormatFloat(p.Rate, 'f', -1, 64)) },
	"per-host":        func(p sonde.Policy) []string { return one(strconv.Itoa(p.PerHost)) },
	"concurrency":     func(p sonde.Policy) []string { return one(strconv.Itoa(p.Concurrency)) },
	"timeout":         func(p sonde.Policy) []string { return one(durationText(p.Timeouts.Total)) },
	"retries":         func(p sonde.Policy) []string { return one(strconv.Itoa(p.Retries)) },
	"user-agent":      func(p sonde.Policy) []string { return one(p.UserAgent) },
	"header":          headerTexts,
	"proxy":           func(p sonde.Policy) []string { return one(orElse(p.Proxy, "none")) },
	"insecure":        func(p sonde.Policy) []string { return one(strconv.FormatBool(p.Insecure)) },
	"allow-net":       netTexts,
	"probe":           func(p sonde.Policy) []string { return one(string(p.Probe)) },
	"bodies":          bodiesText,
	"max-body":        func(p sonde.Policy) []string { return one(sizeText(p.MaxBody)) },
	"threshold":       thresholdTexts,
}

// unformed are the flags that the dashboard does not offer: what names files of this
// machine.
var unformed = []string{"rules-dir"}

func one(text string) []string { return []string{text} }

func limitText(n int) string {
	if n < 0 {
		return "none"
	}
	return strconv.Itoa(n)
}

// durationText writes a time without the parts that are nothing: 2m, not 2m0s.
func durationText(d time.Duration) string {
	if d == 0 {
		return "0"
	}
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// sizeText writes a number of bytes in the largest unit that takes it whole.
func sizeText(n int64) string {
	for _, unit := range []string{"TiB", "GiB", "MiB", "KiB"} {
		i := slices.IndexFunc(sizeUnits, func(u sizeUnit) bool { return u.name == unit })
		if bytes := int64(sizeUnits[i].bytes); n != 0 && n%bytes == 0 {
			return strconv.FormatInt(n/bytes, 10) + unit
		}
	}
	return strconv.FormatInt(n, 10)
}

func headerTexts(p sonde.Policy) []string {
	var texts []string
	for _, name := range slices.Sorted(maps.Keys(p.Headers)) {
		for _, value := range p.Headers[name] {
			texts = append(texts, name+": "+value)
		}
	}
	return texts
}

func netTexts(p sonde.Policy) []string {
	var texts []string
	for _, n := range p.AllowNets {
		texts = append(texts, n.String())
	}
	return texts
}

func bodiesText(p sonde.Policy) []string {
	if p.Bodies {
		return one("all")
	}
	return one("none")
}

func thresholdTexts(p sonde.Policy) []string {
	var texts []string
	for _, name := range slices.Sorted(maps.Keys(p.Thresholds)) {
		texts = append(texts, name+"="+strconv.FormatFloat(p.Thresholds[name], 'f', -1, 64))
	}
	return texts
}

// choices are the words that a flag takes, where it takes one of a few.
var choices = map[string][]string{
	"scope":  {string(sonde.ScopeHost), string(sonde.ScopeDomain), string(sonde.ScopePrefix)},
	"robots": {string(sonde.ObeyRobots), string(sonde.IgnoreRobots)},
	"bodies": {"all", "none"},
	"probe":  {string(sonde.ProbeOff), string(sonde.ProbeDNS), string(sonde.ProbePorts)},
}

// policyFields are the flags about the policy as fields of a form.
func policyFields() []dashboard.Field {
	var fields []dashboard.Field
	for _, f := range policyFlags {
		if slices.Contains(unformed, f.name) {
			continue
		}
		fields = append(fields, dashboard.Field{
			Group: f.group, Name: f.name, Usage: f.usage, Unit: f.unit, Fallback: f.fallback, Many: f.many,
			Choices: choices[f.name], Show: policyTexts[f.name], Apply: f.applyWhole,
		})
	}
	return fields
}

// applyWhole applies texts that are all there is to say, where apply adds to what a
// policy says already. What is secret is refused, since a form cannot give it each time.
func (f policyFlag) applyWhole(p *sonde.Policy, texts []string) error {
	if f.name == "drop-param" {
		p.DropParams = nil
	}
	if err := f.apply(p, texts); err != nil {
		return err
	}
	if f.name == "header" && len(takeSecrets(p)) > 0 {
		return usagef("a header field with a credential is not kept: give it to `sonde crawl` each time")
	}
	return nil
}
