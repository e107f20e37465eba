package main

import (
	"net/http/httptest"
	"strings"
	"testing"

	"sonde/bench/website"
)

func TestRun(t *testing.T) {
	site := website.New(500, 0)
	server := httptest.NewServer(site)
	defer server.Close()
	var out strings.Builder
	if err := run(server.URL+"/", 8, &out); err != nil {
		t.Fatal(err)
	}
	if want := (website.Counts{Requests: 500, Pages: 500, Distinct: 500}); site.Counts() != want {
		t.Errorf("the server counted %+v, want %+v", site.Counts(), want)
	}
	if want := "500 pages, 500 URLs seen, 0 failed\n"; out.String() != want {
		t.Errorf("printed %q, want %q", out.String(), want)
	}
	if err := run("not a url", 1, &out); err == nil {
		t.Error("a seed that is no URL is taken")
	}
}
