package main

import "runtime/debug"

// A crawl keeps little and drops much. crawlingPercent has the garbage collector run more
// often than Go's default of 100 would when there is much in memory, and ballast, which
// is never touched and so takes no memory, less often when there is little: with 30 MiB
// in use it waits for 22 MiB more, with 200 MiB for 90. What only reads the file drops
// little: with 20 MiB in use readingPercent waits for 9 MiB more.
const (
	ballast         = 24 << 20
	crawlingPercent = 40
	readingPercent  = 20
)

// frugal sets the garbage collector up for reading, and gives the ballast, to be held for
// as long as the program runs. It is taken first of all, since memory that was in use
// before would be cleared, and so be touched. GOGC overrides both.
func frugal(env func(string) string) []byte {
	if env("GOGC") != "" {
		return nil
	}
	debug.SetGCPercent(readingPercent)
	return make([]byte, ballast)
}

// steady sets the garbage collector up for what crawls or analyses.
func (a *app) steady() {
	if a.env("GOGC") == "" {
		debug.SetGCPercent(crawlingPercent)
	}
}
