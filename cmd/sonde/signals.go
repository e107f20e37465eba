package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// stopping is what people are told at the first signal.
const stopping = "Stopping: what is on its way is recorded first. Interrupt once more to end at once."

// interruptible returns a context that ends at the first SIGINT or SIGTERM, so that
// work comes to a good end. The second ends the process at once. stop gives the
// signals back.
func interruptible(parent context.Context) (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancel(parent)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	over, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for range 2 {
			select {
			case <-signals:
			case <-over:
				return
			}
			if ctx.Err() != nil {
				os.Exit(exitInterrupted)
			}
			cancel()
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		close(over)
		<-done
		cancel()
	}
}
