package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"sonde/netprobe/wire"
)

// connecting is sonde connect with its flags.
type connecting struct {
	*app
	dialling
	udp                         bool
	send, file, expect, timeout string
}

func newConnectCommand(a *app) *cobra.Command {
	c := &connecting{app: a}
	command := &cobra.Command{
		Use:   "connect HOST PORT",
		Short: "Connect to a port, and talk",
		Long: `Connect to a port, write what comes to standard output, and send what standard
input gives. It ends when the other end closes; with --expect, as soon as that
has come; over UDP, when nothing comes any more after all was sent.

The exit code is 0 when it went well, 1 when the port refused (or something else
failed), 3 when nobody answered in time, and 4 when what --expect waits for did
not come.`,
		Example: `  sonde connect example.org 25 --expect '^220 ' --timeout 5s
  sonde connect 127.0.0.1 7000
  sonde connect 127.0.0.1 7000 --udp --send hello
  sonde connect example.org 443 --tls --file request.txt`,
		Args: arguments(2, 2, "a host and a port, such as example.org 25"),
		RunE: func(command *cobra.Command, args []string) error {
			return c.run(command.Context(), net.JoinHostPort(strings.Trim(args[0], "[]"), args[1]), command.Flags().Changed("send"))
		},
	}
	flags := command.Flags()
	flags.BoolVar(&c.udp, "udp", false, "send datagrams (UDP) instead of connecting")
	flags.StringVar(&c.send, "send", "", "send this `TEXT` and a newline, and not standard input")
	flags.StringVar(&c.file, "file", "", "send the content of this `FILE`, and not standard input")
	flags.StringVar(&c.expect, "expect", "", "wait for what matches this `RE`, and end well with it")
	flags.StringVar(&c.timeout, "timeout", "", "give up when the connection takes longer than this `TIME`, or when nothing comes for so long; without it, connecting may take 10s, and waiting may last")
	c.dialling.add(flags)
	return command
}

// datagramSilence is how long an answer over UDP is waited for where nobody says.
const datagramSilence = 2 * time.Second

func (c *connecting) run(ctx context.Context, address string, sends bool) error {
	if _, err := parseDialling(address); err != nil {
		return err
	}
	talk, limit, err := c.conversation()
	if err != nil {
		return err
	}
	in, done, err := c.input(sends)
	if err != nil {
		return err
	}
	defer done()
	talk.In = in
	network := "tcp"
	if c.udp {
		network = "udp"
	}
	conn, err := c.dial(ctx, c.app, network, address, limit)
	if err != nil {
		return err
	}
	return c.outcome(address, talk.Hold(ctx, conn))
}

// conversation is what the flags make of it, and how long connecting may take.
func (c *connecting) conversation() (talk wire.Conversation, limit time.Duration, err error) {
	talk = wire.Conversation{Out: c.forTerminal(c.stdout), Datagrams: c.udp}
	limit = connectTime
	if c.udp {
		talk.Silence = datagramSilence
	}
	if c.udp && (c.tls || c.fingerprint != "") {
		return talk, 0, usagef("--udp and --tls: TLS needs a connection")
	}
	if c.timeout != "" {
		if limit, err = parsePositive(c.timeout); err != nil {
			return talk, 0, usagef("--timeout %q: %w", c.timeout, err)
		}
		talk.Silence = limit
	}
	if c.expect != "" {
		if err := parseRegexp(c.expect); err != nil {
			return talk, 0, usagef("--expect %q: %w", c.expect, err)
		}
		talk.Expect = regexp.MustCompile("(?m)" + c.expect)
		talk.Silence = max(talk.Silence, limit)
	}
	return talk, limit, nil
}

// input is what is to be said. Over UDP an empty datagram comes first where nothing else
// says that somebody is there.
func (c *connecting) input(sends bool) (in io.Reader, done func(), err error) {
	done = func() {}
	switch {
	case sends && c.file != "":
		return nil, done, usagef("--send and --file: only one can be sent")
	case sends:
		return strings.NewReader(c.send + "\n"), done, nil
	case c.file != "":
		file, err := os.Open(c.file)
		if err != nil {
			return nil, done, usagef("--file %s: %w", c.file, err)
		}
		return file, func() { file.Close() }, nil
	case c.udp:
		return &knocking{in: c.stdin}, done, nil
	}
	return c.stdin, done, nil
}

// knocking gives nothing first, which is a datagram all the same, and then what in gives.
type knocking struct {
	in      io.Reader
	knocked bool
}

// Read reads nothing once.
func (k *knocking) Read(p []byte) (int, error) {
	if !k.knocked {
		k.knocked = true
		return 0, nil
	}
	return k.in.Read(p)
}

// outcome says how a conversation ended.
func (c *connecting) outcome(address string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, wire.ErrUnmet), errors.Is(err, wire.ErrSilent) && c.expect != "":
		return &endError{exitGate, fmt.Sprintf("%s: %s, %s", address, wire.ErrUnmet, c.expect)}
	}
	return wireFault("talking to "+address, err)
}
