//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"os"
	"regexp"
	"slices"
	"sync"
	"text/tabwriter"
	"time"
)

// firstBytes are how long the first byte of each address took, by the address.
type firstBytes map[string][]time.Duration

// addresses are those that readers ask for: every page of the dashboard, tables with
// filters and orders, and the rows after the first.
func (d *board) addresses(ctx context.Context, b *bench) ([]string, error) {
	var page struct{ URL, Site string }
	err := b.ask(ctx, d.database, `SELECT (SELECT url FROM _urls WHERE id = (SELECT max(id) / 2 FROM _urls)) AS url`, &page)
	if err != nil {
		return nil, err
	}
	at := url.QueryEscape(page.URL)
	all := []string{
		"/", "/sites", "/sites/1", "/sites/1/edit", "/runs", "/runs/1000", "/schedules", "/settings", "/schema", "/sql",
		"/pages", "/pages?status=404", "/pages?status__gte=400&_sort_desc=status", "/pages?depth=3&_size=100", "/pages?_search=page-77",
		"/pages?run_id=1&outcome=redirect", "/pages?_sort_desc=ttfb_ms", "/pages?_sort=url", "/page?url=" + at,
		"/links", "/links?internal=0", "/links?target_url=" + at, "/links?source_url=" + at,
		"/issues", "/issues/title.missing", "/issues/all", "/issues/all?severity=high", "/changes", "/changes?what=title",
		"/hosts", "/hosts/127.0.0.1", "/dns", "/ports", "/certificates", "/sql?sql=SELECT+*+FROM+pages+LIMIT+20",
	}
	for _, first := range []string{"/pages", "/links", "/issues/all", "/pages?status=404"} {
		next, err := d.next(ctx, first)
		if err != nil {
			return nil, err
		}
		all = append(all, next)
	}
	return all, nil
}

var nextLink = regexp.MustCompile(`href="([^"]*[?&;]_next=[^"]*)"`)

// next is the address of the rows after the first of a table.
func (d *board) next(ctx context.Context, first string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, d.origin+first, nil)
	if err != nil {
		return "", err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	found := nextLink.FindSubmatch(body)
	if err == nil && found == nil {
		err = fmt.Errorf("GET %s: %s, and nothing leads to the rows after these", first, answer.Status)
	}
	if err != nil {
		return "", err
	}
	return html.UnescapeString(string(found[1])), nil
}

// read has readers ask for the addresses until what goes on meanwhile is over.
func (d *board) read(ctx context.Context, addresses []string, pause time.Duration, meanwhile func(context.Context) error) (firstBytes, error) {
	reading, over := context.WithCancel(ctx)
	defer over()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: readersOfBoard}}
	var readers sync.WaitGroup
	all, faults := make([]firstBytes, readersOfBoard), make([]error, readersOfBoard)
	for i := range readersOfBoard {
		readers.Go(func() { all[i], faults[i] = d.reader(reading, client, addresses, i, pause) })
	}
	readers.Go(func() { d.watchLog(reading) })
	err := meanwhile(ctx)
	over()
	readers.Wait()
	client.CloseIdleConnections()
	whole := firstBytes{}
	for _, own := range all {
		for address, times := range own {
			whole[address] = append(whole[address], times...)
		}
	}
	return whole, errors.Join(append(faults, err)...)
}

// reader asks for one address after the other, each reader in an order of its own.
func (d *board) reader(ctx context.Context, client *http.Client, addresses []string, number int, pause time.Duration) (firstBytes, error) {
	own := firstBytes{}
	if wait(ctx, pause*time.Duration(number)/readersOfBoard) != nil { // they did not all come at once
		return own, nil
	}
	for i := number * len(addresses) / readersOfBoard; ctx.Err() == nil; i++ {
		address := addresses[i%len(addresses)]
		took, err := d.firstByte(ctx, client, address)
		if ctx.Err() != nil {
			break
		}
		if err != nil {
			return own, err
		}
		own[address] = append(own[address], took)
		if wait(ctx, pause) != nil {
			break
		}
	}
	return own, nil
}

// firstByte is how long the first byte of an answer took. That a table takes too long to
// sort is an answer too.
func (d *board) firstByte(ctx context.Context, client *http.Client, address string) (took time.Duration, err error) {
	began := time.Now()
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotFirstResponseByte: func() { took = time.Since(began) }})
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, d.origin+address, nil)
	if err != nil {
		return 0, err
	}
	answer, err := client.Do(request)
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK && answer.StatusCode != http.StatusServiceUnavailable {
		return 0, fmt.Errorf("GET %s: %s", address, answer.Status)
	}
	_, err = io.Copy(io.Discard, answer.Body)
	return took, err
}

// watchLog notes how large the log beside the file becomes.
func (d *board) watchLog(ctx context.Context) {
	for wait(ctx, 100*time.Millisecond) == nil {
		if info, err := os.Stat(d.database + "-wal"); err == nil {
			d.log = max(d.log, info.Size())
		}
	}
}

// firstBytes prints the median and the 99th percentile of each address, and of all.
func (b *bench) firstBytes(addresses []string, times firstBytes) {
	w := tabwriter.NewWriter(b.log, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "requests\tmedian ms\t99 % ms\t\taddress")
	line := func(address string, times []time.Duration) {
		fmt.Fprintf(w, "%d\t%.0f\t%.0f\t\t%.70s\n", len(times), quantile(times, 0.5), quantile(times, 0.99), address)
	}
	var all []time.Duration
	for _, address := range addresses {
		line(address, times[address])
		all = append(all, times[address]...)
	}
	line("all", all)
	_ = w.Flush()
	b.printf("\n")
}

// quantile is the time below which a part of all times is, in milliseconds.
func quantile(times []time.Duration, part float64) float64 {
	if len(times) == 0 {
		return 0
	}
	times = slices.Sorted(slices.Values(times))
	return float64(times[int(part*float64(len(times)-1)+0.5)]) / float64(time.Millisecond)
}
