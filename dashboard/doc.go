// Package dashboard shows a file of Sonde in a browser, and lets people command runs
// from there. It reads through store and analyze, and commands through [Control].
//
// A [Server] is made of routes (routes.go); each names who may use it. On its way a
// request passes
//
//	guard.go    hosts that may be named, requests from other sites, sizes, headers
//	access.go   who asks: a session, a token, or nobody where nobody has to log in
//	a handler   one file for each page: overview.go, sites.go, runs.go, page.go, …
//	render.go   the page's struct goes into its template; errors become pages too
//
// The tables (pages, links, hosts, issues, …) are one component: tablequery.go reads
// the address, which is the whole state of a table, tableview.go shows it, export.go
// streams it. What is shown of a value depends on its column: cell.go.
//
// A run that goes on is watched through live.go, and how it goes and went is drawn in
// course.go; report.go tells what it adds up to. The page of a host (hosts.go) has its
// latency from latency.go, what it takes in TLS from hosttls.go and what changed on it
// from timeline.go. Charts are SVG made here (chart.go).
//
// Everything that a browser needs is embedded (assets.go): nothing is asked of another
// host, and no script or style stands in a page.
package dashboard
