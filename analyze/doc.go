// Package analyze asks questions of a run that is over and writes the answers into
// the file: what is wrong with the site, and since when. SQL comes first.
//
// A rule is one file of SQL (rules/*.sql): comments at its head say what it means
// (rule.go), and its SELECT gives the subjects that it has something to say of. Rules
// that come with the program are embedded (rules.go); people have their own in a
// folder.
//
// [Run] analyses a run:
//
//	prepare.sql   TEMP tables of the run that all rules read: visit, page, …
//	links.go      what there is of links on each page (web.go), and which of their
//	              fragments point to nothing (place.go)
//	metrics.go    how its pages are linked (graph.go, linkscore.go), which say nearly
//	              the same (neardup.go), and what changed (changes.go and its .sql)
//	ask.go        one INSERT … SELECT for each rule, into the TEMP table hit
//	compare.sql,  hits against the runs before: new, ongoing, regressed, fixed
//	settle.sql
//
// What SQL cannot say is a Go function that SQL calls (functions.go). [AddMute] and
// [Unmute] keep what nobody wants to hear of (mute.go).
//
// [Compare] tells what differs between any two runs. Package report puts it all into one
// page.
//
// All that Run writes can be made again from what the crawl recorded.
package analyze
