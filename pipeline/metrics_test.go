package pipeline_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"

	"sonde/store"
)

// TestLinkScore crawls a site whose pages link to each other at random and wants the
// scores that PageRank gives when it is done as its definition says: over every link of
// the view links, with a matrix.
func TestLinkScore(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	const pages = 80
	site := serveCopies(t)
	web := map[string]answer{}
	navigation := []string{"/", "/1", "/2", "/3", "/4", "/5", "/6", "/7", "/8", "/9", "/10", "/11"}
	for i := range pages {
		var links []string
		if i%7 != 3 {
			links = append(links, navigation...)
		}
		for range r.IntN(9) {
			links = append(links, fmt.Sprintf("/%d", r.IntN(pages)))
		}
		web[fmt.Sprintf("/%d", i)] = article(fmt.Sprintf("<title>%d</title>", i), "A page.", links...)
	}
	web["/"] = article("<title>Start</title>", "All.", append(navigation, "/moved", "http://192.0.2.1/", "/60")...)
	web["/moved"] = answer{status: http.StatusFound, header: http.Header{"Location": {"/17"}}}
	web["/17"] = article("<title>No way on</title>", "A dead end.")
	web["/18"] = answer{body: strings.ReplaceAll(article("<title>Hints</title>", "Not to be followed.", "/19", "/20").body, "<a ", "<a rel=nofollow ")}
	c := newRuns(t, site)
	c.crawl(web, 0)

	want := dense(t, c.file)
	got := map[string]float64{}
	err := c.file.Rows(t.Context(), "SELECT url, link_score FROM pages WHERE link_score IS NOT NULL", nil, func(r store.Row) error {
		got[r.Text(0)] = r.Float(1)
		return nil
	})
	if err != nil || len(got) != len(want) || len(got) < pages/2 {
		t.Fatalf("%d pages have a score, want %d (%v)", len(got), len(want), err)
	}
	for url, score := range want {
		if math.Abs(got[url]-score) > 1e-6 {
			t.Errorf("%s has the score %.9f, want %.9f", url, got[url], score)
		}
	}
}

// dense is PageRank with a full matrix of the pages of a file.
func dense(t *testing.T, file *store.File) map[string]float64 {
	t.Helper()
	number := map[string]int{}
	var urls []string
	read := func(sql string, each func(store.Row)) {
		t.Helper()
		if err := file.Rows(t.Context(), sql, nil, func(r store.Row) error { each(r); return nil }); err != nil {
			t.Fatal(err)
		}
	}
	read("SELECT url FROM pages WHERE used_for = 'read' AND outcome <> 'excluded'", func(r store.Row) {
		number[r.Text(0)] = len(urls)
		urls = append(urls, r.Text(0))
	})
	n := len(urls)
	matrix := make([][]float64, n) // matrix[to][from]
	for i := range matrix {
		matrix[i] = make([]float64, n)
	}
	edge := func(from, to string) {
		i, known := number[to]
		if j := number[from]; known && i != j {
			matrix[i][j]++
		}
	}
	read("SELECT source_url, target_url FROM links WHERE internal AND NOT nofollow AND kind = 'a'", func(r store.Row) { edge(r.Text(0), r.Text(1)) })
	read("SELECT url, redirect_to FROM pages WHERE redirect_to IS NOT NULL", func(r store.Row) { edge(r.Text(0), r.Text(1)) })
	for from := range n {
		sum := 0.0
		for to := range n {
			sum += matrix[to][from]
		}
		for to := range n {
			if sum == 0 {
				matrix[to][from] = 1 / float64(n)
			} else {
				matrix[to][from] /= sum
			}
		}
	}
	rank := make([]float64, n)
	for i := range rank {
		rank[i] = 1
	}
	for range 300 {
		next := make([]float64, n)
		for to := range n {
			next[to] = 0.15
			for from := range n {
				next[to] += 0.85 * matrix[to][from] * rank[from]
			}
		}
		rank = next
	}
	scores := map[string]float64{}
	for i, url := range urls {
		scores[url] = rank[i]
	}
	return scores
}
