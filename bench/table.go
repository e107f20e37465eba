//go:build unix

package main

import (
	"fmt"
	"slices"
	"text/tabwriter"
	"time"
)

// sample is one measured crawl.
type sample struct {
	tool     string
	usage    usage
	requests int64
	pages    int64
	crawl    usage // of sonde: until its run was closed, before it was analysed
}

func (s sample) pagesPerSecond() float64 { return float64(s.pages) / s.usage.wall.Seconds() }

func (s sample) cpuPerPage() float64 {
	return float64(s.usage.cpu) / float64(time.Millisecond) / float64(max(s.pages, 1))
}

func (s sample) peakMiB() float64 { return float64(s.usage.peak) / (1 << 20) }

// table prints the samples of each tool as medians, with the lowest and highest
// speed, and each tool's figures as multiples of the first one's. What sonde took until
// its run was closed has a line of its own.
func (b *bench) table(title string, samples []sample) {
	b.printf("%s\n", title)
	samples = withCrawls(samples)
	w := tabwriter.NewWriter(b.log, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "crawler\tpages\trequests\tseconds\tpages/s\tfrom\tto\tCPU ms/page\tpeak MiB\tspeed ×\tCPU ×\tmemory ×\t")
	var first [3]float64
	for i, tool := range toolsOf(samples) {
		own := slices.DeleteFunc(slices.Clone(samples), func(s sample) bool { return s.tool != tool })
		speed, cpu, peak := median(own, sample.pagesPerSecond), median(own, sample.cpuPerPage), median(own, sample.peakMiB)
		if i == 0 {
			first = [3]float64{speed, cpu, peak}
		}
		low, high := bounds(own, sample.pagesPerSecond)
		last := own[len(own)-1]
		fmt.Fprintf(w, "%s\t%d\t%d\t%.2f\t%.0f\t%.0f\t%.0f\t%.3f\t%.0f\t%.2f\t%.2f\t%.2f\t\n", tool, last.pages, last.requests,
			median(own, func(s sample) float64 { return s.usage.wall.Seconds() }), speed, low, high, cpu, peak,
			speed/first[0], cpu/first[1], peak/first[2])
	}
	_ = w.Flush()
	b.printf("The last three columns are multiples of %s.\n\n", samples[0].tool)
}

// crawlOnly names the line that a crawl without its analysis has.
const crawlOnly = ", crawl only"

// withCrawls puts behind each sample of sonde another of its crawl alone.
func withCrawls(samples []sample) []sample {
	var all []sample
	for _, s := range samples {
		all = append(all, s)
		if s.crawl.wall > 0 {
			s.tool += crawlOnly
			s.usage = s.crawl
			all = append(all, s)
		}
	}
	return all
}

// toolsOf lists the tools in the order in which they first appear.
func toolsOf(samples []sample) []string {
	var tools []string
	for _, s := range samples {
		if !slices.Contains(tools, s.tool) {
			tools = append(tools, s.tool)
		}
	}
	return tools
}

func median(samples []sample, of func(sample) float64) float64 {
	values := valuesOf(samples, of)
	middle := len(values) / 2
	if len(values)%2 == 1 {
		return values[middle]
	}
	return (values[middle-1] + values[middle]) / 2
}

func bounds(samples []sample, of func(sample) float64) (low, high float64) {
	values := valuesOf(samples, of)
	return values[0], values[len(values)-1]
}

// valuesOf are the samples' values, lowest first.
func valuesOf(samples []sample, of func(sample) float64) []float64 {
	var values []float64
	for _, s := range samples {
		values = append(values, of(s))
	}
	slices.Sort(values)
	return values
}
