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
//	changes.go    what changed (and its .sql); neardup.go: which pages say nearly the same
//	ask.go        one INSERT … SELECT for each rule, into the TEMP table hit; what they say
//	              in words is kept once (evidence.go)
//	compare.sql,  hits against the runs before: new, ongoing, regressed, fixed
//	settle.sql
//
// Beside that, on another processor, the file gets its indexes and Go goes over the links:
// what there is of them on each page (web.go, linkfile.go, links.go), which of their fragments point to
// nothing (place.go), and how the pages are linked (metrics.go, graph.go, linkscore.go).
// Rules that read any of this are asked last.
//
// [Missed] are the runs that nothing analysed when they ended (missed.go).
//
// What SQL cannot say is a Go function that SQL calls (functions.go). [AddMute] and
// [Unmute] keep what nobody wants to hear of (mute.go).
//
// [Compare] tells what differs between any two runs. Package report puts it all into one
// page.
//
// All that Run writes can be made again from what the crawl recorded.
package analyze
