// Package store keeps everything in one SQLite file and gives it back.
//
// A [File] is that file: [Open] creates it, brings it to the schema of this program
// and holds it (one Sonde writes at a time; the second is told who holds it);
// [OpenReadOnly] opens it beside a writer. The schema itself is in package
// migrations.
//
// A [Recording] is one run being written. It is the frontier of the crawler and the
// memory of its hosts:
//
//	Next     hands out the next target                       frontier.go
//	Done     takes a visit; a writer groups visits into
//	         commits, none ever split                        recording.go, writer.go
//	         and moved from the log into the file beside it  checkpoint.go
//	Recall,  what is known of a host between runs            origins.go
//	Remember
//	End      settles the run: counts, statistics             settle.go
//
// [File.Index] makes the indexes that only reading needs (settle.go).
//
// How a visit becomes rows is in prepare.go (what can be done beside the writer:
// digest, compression) and record.go (what needs the file). Texts and URLs become
// numbers in dictionary.go.
//
// What analysis derives from runs it writes through derive.go; what is too much for memory
// meanwhile goes into a scratch file (scratch.go).
//
// What probes tell of the network side is kept as intervals by [File.SaveDNS],
// [File.SavePorts] and [File.SaveCertificates] (network.go), and what the connections
// of a run tell of it when the run closes (met.go).
//
// Reading is in query.go (any SELECT, behind guard.go), list.go (some rows of a view, by
// rankings.go in the order of a column), facet.go (counts), export.go (a whole view, by
// filter.go and chunks.go), schema.go (the views, documented), body.go (what an answer
// brought), sites.go and runs.go. What counts does so without needless joins (sparing.go).
// Care for the file is in care.go (sizes, vacuum), backup.go and check.go.
//
// Both sides drive the engine of modernc.org/sqlite through zombiezen.com/go/sqlite,
// without database/sql, which costs two to three times the engine on these paths.
package store
