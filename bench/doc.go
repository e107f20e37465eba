//go:build unix

// Command bench measures the built sonde from outside, beside other crawlers and
// scanners, on loopback and in networks of its own alone, and prints figures that are
// ratios of one run.
//
//	go run ./bench [flags] manual|latency|million|analyze|served|names|ports|identify
//
// The scenarios:
//
//   - manual: Debian's rust-doc, served by nginx; sonde, wget2 and a bare net/http
//     and goquery crawler in turn, for some rounds; then the size of the file per
//     page with and without bodies, and what a recrawl adds to it. It needs the
//     Debian packages nginx, wget2 and rust-doc.
//   - latency: a made-up site that holds back every answer for 50 ms; sonde and
//     wget2 with 64 and with 512 connections. It needs wget2.
//   - million: a made-up site of a million pages (or -pages); memory over time,
//     speed and the size of the file.
//   - analyze: a file of two runs of a million pages with 30 links each (or -pages),
//     filled by sqlite3; what `sonde analyze` takes for each. It needs the Debian
//     package sqlite3.
//   - served: the same file with its latest run analysed (filled in some ten minutes; at
//     the place that -file names it is kept, and the next time it is taken as it is). First
//     all its pages as CSV by `sonde export`, over HTTP, and by sqlite3 with the same
//     query. Then `sonde serve` and 20 readers that ask for every page of the dashboard,
//     each looking at a page for -pause: first bytes, alone and while the dashboard
//     crawls a made-up site into the file; and how fast such a crawl is without readers.
//     A reader is a person, who pauses for a second; with -pause 0 they take whatever
//     the processors give, and the crawl gets what they leave. It needs the Debian
//     package sqlite3.
//   - names: 10,000 names asked of a local Unbound by `sonde resolve` and by dnsperf in
//     turn. It needs the Debian packages unbound and dnsperf.
//   - ports: an address with 20 listeners, scanned by sonde (-scans times) and by
//     `nmap -sT -T4 -Pn -n` (-rounds times) in turn: all 65,535 ports on loopback; the
//     same with 10,000 dropped by a firewall, which counts two SYNs at least for each;
//     1,000 ports over a wire that loses 2 % of the packets, 100 of them dropped. Each
//     scan of sonde's is held against what is there, port by port; over the wire, a
//     closed port may be found silent, but no open one missed. The networks are
//     namespaces, removed at the end. It needs root and the Debian packages nmap,
//     iproute2 and nftables; without root it scans the machine's own loopback alone.
//   - identify: the servers of Debian packages that are installed, each on a port that is
//     not its own; sonde (-rounds times) and `nmap -sV` (once) say who answers on them. It
//     needs Linux, root for some of the servers, and the Debian package nmap.
//
// Wall time, CPU and peak memory are those of the measured process alone. What sonde
// took until its run was closed (runs.finished_at), before it was analysed, has a line of
// its own: no other crawler analyses what it crawled. Pages
// are counted at the server: HTML pages answered with 200, each once. After each
// crawl of sonde its own count, read by `sonde query`, is held against that.
//
// The code: main.go chooses, child.go measures a process, tools.go knows the
// crawlers, nginx.go and made.go serve, network.go makes namespaces, one file for
// each scenario (with readers.go for served), table.go prints.
package main
