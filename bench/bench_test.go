//go:build unix

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestReadLog(t *testing.T) {
	name := filepath.Join(t.TempDir(), "access.log")
	lines := []string{
		"GET 200 text/html /a",
		"GET 200 text/html; charset=utf-8 /b?x=1",
		"GET 200 text/html /a",
		"HEAD 200 text/html /c",
		"GET 404 text/html /d",
		"GET 200 text/css /e",
		"GET 304 - /f",
	}
	if err := os.WriteFile(name, []byte(strings.Join(lines, "\n")+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	got, err := readLog(name)
	if want := (count{requests: 7, pages: 3}); err != nil || got != want {
		t.Errorf("readLog = %+v, %v, want %+v", got, err, want)
	}
}

func TestTable(t *testing.T) {
	var out strings.Builder
	b := &bench{log: &out}
	b.table("title", []sample{
		{tool: "one", pages: 100, usage: usage{wall: time.Second, cpu: 100 * time.Millisecond, peak: 10 << 20}},
		{tool: "one", pages: 100, usage: usage{wall: 2 * time.Second, cpu: 300 * time.Millisecond, peak: 10 << 20}},
		{
			tool: "two", pages: 100, usage: usage{wall: 4 * time.Second, cpu: 400 * time.Millisecond, peak: 40 << 20},
			crawl: usage{wall: 2 * time.Second, cpu: 100 * time.Millisecond, peak: 20 << 20},
		},
	})
	got := strings.Join(strings.Fields(out.String()), " ")
	for _, want := range []string{
		"one 100 0 1.50 75 50 100 2.000 10 1.00 1.00 1.00",
		"two 100 0 4.00 25 25 25 4.000 40 0.33 2.00 4.00",
		"two, crawl only 100 0 2.00 50 50 50 1.000 20 0.67 0.50 2.00",
		"multiples of one",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing in %s", want, got)
		}
	}
}

// TestMeasure measures a process that holds some memory, and one that fails.
func TestMeasure(t *testing.T) {
	b := &bench{options: options{out: t.TempDir(), limit: time.Minute}}
	u, err := b.measure(t.Context(), command{name: "echo", args: []string{"sh", "-c", "echo heard; exit 8"}, okay: []int{8}})
	if err != nil || u.exit != 8 || u.stdout != "heard\n" || u.wall <= 0 || u.peak <= 0 {
		t.Errorf("measure = %+v, %v", u, err)
	}
	_, err = b.measure(t.Context(), command{name: "fail", args: []string{"sh", "-c", "echo why >&2; exit 7"}})
	if err == nil || !strings.Contains(err.Error(), "why") {
		t.Errorf("measure of a failing command = %v, want its own words", err)
	}
	b.limit = 0
	if _, err = b.measure(t.Context(), command{name: "late", args: []string{"sleep", "60"}}); err == nil {
		t.Error("a command beyond the limit is no error")
	}
}

// TestMeasureUntil asks what a process took in the first part of its time.
func TestMeasureUntil(t *testing.T) {
	begun := time.Now()
	u := usage{started: begun, wall: 9 * time.Second, cpu: 8 * time.Second, peak: 50, moments: []moment{
		{at: 1 * time.Second, cpu: 1 * time.Second, bytes: 10, peak: 10},
		{at: 2 * time.Second, cpu: 2 * time.Second, bytes: 15, peak: 20},
		{at: 9 * time.Second, cpu: 8 * time.Second, bytes: 50, peak: 50},
	}}
	if got := u.until(begun.Add(3 * time.Second)); got.wall != 3*time.Second || got.cpu != 2*time.Second || got.peak != 20 {
		t.Errorf("until = %s, %s, %d, want 3s, 2s, 20", got.wall, got.cpu, got.peak)
	}
}

func TestUnknownScenario(t *testing.T) {
	err := run(t.Context(), options{out: t.TempDir()}, "marathon")
	if err == nil || !strings.Contains(err.Error(), "manual, latency, million, analyze, served, names, ports or identify") {
		t.Errorf("run = %v, want the scenarios there are", err)
	}
}
