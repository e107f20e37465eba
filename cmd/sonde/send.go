package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"sonde"

	"github.com/spf13/cobra"

	"sonde/netprobe/wire"
)

// sending is sonde send with its flags.
type sending struct {
	*app
	dialling
}

func newSendCommand(a *app) *cobra.Command {
	s := &sending{app: a}
	command := &cobra.Command{
		Use:   "send FILE HOST:PORT",
		Short: "Send a file to where sonde recv waits",
		Long: `Send a file to where sonde recv waits for it. Its SHA-256 is compared at the
other end. When the transfer is cut, the same command goes on where it stopped.

The exit code is 0 when the file is there whole, 1 when it was refused, and 3
when nobody answered or the transfer was cut.`,
		Example: `  sonde send backup.tar 192.0.2.7:7000
  sonde send backup.tar 192.0.2.7:7000 --fingerprint 9f86d081…`,
		Args: arguments(2, 2, "a file and HOST:PORT"),
		RunE: func(command *cobra.Command, args []string) error { return s.run(command.Context(), args[0], args[1]) },
	}
	s.dialling.add(command.Flags())
	return command
}

func (s *sending) run(ctx context.Context, name, place string) error {
	address, err := parseDialling(place)
	if err != nil {
		return err
	}
	file, err := openRegular(name)
	if err != nil {
		return err
	}
	defer file.Close()
	conn, err := s.dial(ctx, s.app, "tcp", address, connectTime)
	if err != nil {
		return err
	}
	m := s.meter()
	err = wire.Send(ctx, conn, file, func(p wire.Progress) { m.show("sending", p) })
	m.end()
	return s.outcome(name, address, err)
}

// openRegular opens a file that has a size.
func openRegular(name string) (*os.File, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, usagef("%w", err)
	}
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = usagef("%s is no regular file; pack it into one first", name)
	}
	if err != nil {
		file.Close()
		return nil, err
	}
	return file, nil
}

func (s *sending) outcome(name, address string, err error) error {
	rejected := &wire.RejectedError{}
	switch {
	case err == nil:
		s.say("%s is at %s, whole: its SHA-256 agrees.", name, address)
		return nil
	case errors.As(err, &rejected):
		return err
	}
	fault := wireFault("sending to "+address, err)
	if end, ok := fault.(*endError); ok {
		return &endError{exitPartial, end.message + "; the same command goes on from there"}
	}
	return fault
}

// meter shows on standard error how a transfer goes on: on a terminal in one line that is
// drawn again and again, elsewhere in a plain line now and then.
func (a *app) meter() *meter {
	_, terminal := a.terminal(a.stderr)
	now := time.Now()
	return &meter{out: a.stderr, silent: a.quiet, terminal: terminal, began: now, last: now}
}

type meter struct {
	out      io.Writer
	silent   bool
	terminal bool
	began    time.Time

	mu    sync.Mutex
	last  time.Time
	drawn bool
}

// show writes a line, where it is time for one.
func (m *meter) show(what string, p wire.Progress) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now, every := time.Now(), repeatEvery
	if m.terminal {
		every = redrawEvery
	}
	if m.silent || now.Sub(m.last) < every {
		return
	}
	m.last = now
	rate := float64(p.Done-p.From) / max(now.Sub(m.began).Seconds(), 0.001)
	line := printable(fmt.Sprintf("%s %s: %d %% of %s, %s/s", what, p.Name, 100*p.Done/max(p.Size, 1), sonde.InBytes(p.Size), sonde.InBytes(int64(rate))))
	if !m.terminal {
		fmt.Fprintln(m.out, line)
		return
	}
	fmt.Fprint(m.out, clearLine, line)
	m.drawn = true
}

// end takes the line away.
func (m *meter) end() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.drawn {
		fmt.Fprint(m.out, clearLine)
		m.drawn = false
	}
}
