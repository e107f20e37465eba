// Command sonde crawls web sites into one SQLite file and reads them back.
//
// main.go, signals.go and root.go start it; app.go is what every command is given,
// and exit.go what the shell is told. flags.go, values.go and settings.go turn what
// people write, on the command line, in the environment and in sonde.yaml, into
// values, and policy.go those into the policy of a crawl. live.go and summary.go show
// a run, format.go writes rows. Every command has a file of its own name.
package main

import (
	"context"
	"io"
	"log"
	"os"
	"runtime"
)

func main() {
	held := frugal(os.Getenv)
	log.SetOutput(io.Discard) // net/http writes what hostile servers send into it, where nobody asked for it
	ctx, stop := interruptible(context.Background())
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr, os.Getenv)
	stop()
	runtime.KeepAlive(held)
	os.Exit(code)
}
