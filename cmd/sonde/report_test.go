package main

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
)

// TestReport writes a report in every format, chosen by name or by the file's ending.
func TestReport(t *testing.T) {
	c := newCaller(t)
	c.wants(c.sonde("report"), exitNoFile)
	c.wants(c.sonde(fast(serve(t, brokenSite()), "--site", "shop")...), exitDone, "issues", "critical: 1", "of 100")
	for ending, begins := range map[string]string{
		".txt": "shop, run 1 of ", ".md": "# shop, run 1: health", ".json": "{\n  \"site\": \"shop\"", ".html": "<!doctype html>",
		".csv": "site,run_id,rule,", ".sarif": `{"$schema":`, ".xml": "<?xml",
	} {
		path := c.path("report" + ending)
		c.wants(c.sonde("report", "1", "-o", path), exitDone)
		text, err := os.ReadFile(path)
		if err != nil || !strings.HasPrefix(string(text), begins) || !strings.Contains(string(text), "http.5xx") {
			t.Errorf("%s begins with %.60q (%v), want %q and the rule in it", ending, text, err, begins)
		}
	}
	var page struct {
		Score struct{ Value int }
		Rules []struct{ Rule string }
	}
	if err := json.Unmarshal([]byte(c.sonde("report", "--format", "json").out), &page); err != nil || page.Score.Value == 0 || len(page.Rules) == 0 {
		t.Errorf("as JSON it is %+v (%v)", page, err)
	}
	c.wants(c.sonde("report", "--format", "pdf"), exitUsage, `--format "pdf": text, md, json, html, csv, sarif, junit are written`)
	c.wants(c.sonde("report", "7"), exitError, "no such run")
}
