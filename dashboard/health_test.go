package dashboard_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// metricLine is a sample in the text format of Prometheus, without labels.
var metricLine = regexp.MustCompile(`^([a-z_]+) (\S+)$`)

// TestMetrics reads every line as Prometheus does: help and type of each metric before its
// only value, a number.
func TestMetrics(t *testing.T) {
	b := newBoard(t, nil)
	b.crawl("site", serve(t, small))
	a := b.ask(http.MethodGet, "/metrics", nil)
	if kind := a.header.Get("Content-Type"); !strings.HasPrefix(kind, "text/plain; version=0.0.4") {
		t.Errorf("the type is %q", kind)
	}
	values := map[string]float64{}
	lines := strings.Split(strings.TrimSuffix(a.body, "\n"), "\n")
	for i := 0; i+2 < len(lines); i += 3 {
		sample := metricLine.FindStringSubmatch(lines[i+2])
		if sample == nil {
			t.Fatalf("%q is no sample", lines[i+2])
		}
		if name := sample[1]; !strings.HasPrefix(lines[i], "# HELP "+name+" ") || lines[i+1] != fmt.Sprintf("# TYPE %s gauge", name) {
			t.Errorf("before %s stand %q and %q", name, lines[i], lines[i+1])
		}
		value, err := strconv.ParseFloat(sample[2], 64)
		if err != nil {
			t.Errorf("%s: %v", sample[1], err)
		}
		values[sample[1]] = value
	}
	if len(lines)%3 != 0 || values["sonde_file_bytes"] != float64(b.file.Size()) || values["sonde_runs_running"] != 0 {
		t.Errorf("%d lines, %v", len(lines), values)
	}
}

// TestHealth: the dashboard is well as long as it can read its file.
func TestHealth(t *testing.T) {
	b := newBoard(t, nil)
	if got := b.get("/healthz"); got != "ok\n" {
		t.Errorf("healthz says %q", got)
	}
}
