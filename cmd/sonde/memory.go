package main

import (
	"io"
	"log"
	"runtime/debug"
)

// gcPercent has the garbage collector run more often than Go's default of 100 would: a
// crawl keeps little and drops much, so that this costs next to nothing and saves a
// fifth of the memory. GOGC overrides it.
const gcPercent = 40

// frugal sets the runtime up for a long crawl. net/http writes what hostile servers
// send into the standard logger, where nobody asked for it.
func frugal(env func(string) string) {
	log.SetOutput(io.Discard)
	if env("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
}
