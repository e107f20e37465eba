package main

import (
	"io"
	"log"
	"runtime/debug"
)

// A crawl keeps little and drops much. gcPercent has the garbage collector run more
// often than Go's default of 100 would when there is much in memory, and ballast, which
// is never touched and so takes no memory, less often when there is little: with 30 MiB
// in use it waits for 50 MiB more, with 200 MiB for 118. GOGC overrides it.
const (
	gcPercent = 40
	ballast   = 96 << 20
)

// frugal sets the runtime up for a long crawl, and gives the ballast, to be held for as
// long as the program runs. net/http writes what hostile servers
// send into the standard logger, where nobody asked for it.
func frugal(env func(string) string) []byte {
	log.SetOutput(io.Discard)
	if env("GOGC") != "" {
		return nil
	}
	debug.SetGCPercent(gcPercent)
	return make([]byte, ballast)
}
