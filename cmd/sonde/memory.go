package main

import (
	"runtime/debug"
	"sync"
)

// A crawl keeps little and drops much. gcPercent has the garbage collector run more
// often than Go's default of 100 would when there is much in memory, and ballast, which
// is never touched and so takes no memory, less often when there is little: with 30 MiB
// in use it waits for 50 MiB more, with 200 MiB for 118.
const (
	gcPercent = 40
	ballast   = 96 << 20
)

// takeBallast takes it, and keeps it for good: the memory of another would be cleared, and
// so be touched.
var takeBallast = sync.OnceValue(func() []byte {
	debug.SetGCPercent(gcPercent)
	return make([]byte, ballast)
})

// steady sets the garbage collector up for what crawls or analyses, before it begins, as
// long as GOGC does not say how it is to run. What only reads the file drops little.
func (a *app) steady() {
	if a.env("GOGC") == "" {
		takeBallast()
	}
}
