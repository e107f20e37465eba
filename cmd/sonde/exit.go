package main

import (
	"context"
	"errors"
	"fmt"

	"sonde/store"
)

// What the shell is told. DESIGN.md promises these numbers to scripts.
const (
	exitDone        = 0
	exitError       = 1
	exitUsage       = 2
	exitPartial     = 3
	exitGate        = 4
	exitNoFile      = 10
	exitHeld        = 11
	exitNewer       = 12
	exitInterrupted = 130
)

// usageError is an error of the person at the keyboard: of flags, arguments, the
// environment or the configuration.
type usageError struct {
	err       error
	elsewhere bool // not on the command line, so that its usage is no help
}

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

// usagef makes a usageError.
func usagef(format string, args ...any) error {
	return &usageError{err: fmt.Errorf(format, args...)}
}

// configf makes a usageError of what stands in the environment or a file.
func configf(format string, args ...any) error {
	return &usageError{fmt.Errorf(format, args...), true}
}

// endError ends the program with a code of its own. Without a message all is said
// already.
type endError struct {
	code    int
	message string
}

func (e *endError) Error() string { return e.message }

// exitCode is what the shell is told of an error.
func exitCode(err error) int {
	var (
		end   *endError
		usage *usageError
		held  *store.HeldError
		newer *store.NewerError
	)
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &end):
		return end.code
	case errors.As(err, &usage):
		return exitUsage
	case errors.Is(err, store.ErrFull):
		return exitPartial
	case errors.Is(err, store.ErrNoFile):
		return exitNoFile
	case errors.As(err, &held):
		return exitHeld
	case errors.As(err, &newer):
		return exitNewer
	case errors.Is(err, context.Canceled):
		return exitInterrupted
	}
	return exitError
}
