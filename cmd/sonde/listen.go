package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"sonde"
	"sonde/netprobe/wire"
)

// listening is sonde listen with its flags.
type listening struct {
	*app
	greet, http, record               string
	echo, discard, udp, once, overTLS bool
	max                               int
}

func newListenCommand(a *app) *cobra.Command {
	l := &listening{app: a}
	command := &cobra.Command{
		Use:   "listen [ADDR:]PORT",
		Short: "Listen on a port and greet who comes",
		Long: `Listen on a port, greet everyone who connects, and write what they say to
standard output; standard error tells who came and went. Any program can be the
other end: sonde connect, nc, telnet, a browser.

Over UDP a client is greeted when its first datagram comes, and has left when
none has come for a minute.`,
		Example: `  sonde listen 7000                               then: nc 127.0.0.1 7000
  sonde listen 127.0.0.1:7000 --echo --udp
  sonde listen 7000 --greet '220 hello' --record talk.ndjson
  sonde listen 8080 --http ./public               files to a browser`,
		Args: arguments(1, 1, "a port, such as 7000 or 127.0.0.1:7000"),
		RunE: func(command *cobra.Command, args []string) error {
			return l.run(command.Context(), args[0], command.Flags().Changed("greet"))
		},
	}
	flags := command.Flags()
	flags.StringVar(&l.greet, "greet", "Welcome to the server!", "tell everyone this `TEXT` and a newline first; \"\" is nothing")
	flags.BoolVar(&l.echo, "echo", false, "send back what clients say")
	flags.BoolVar(&l.discard, "discard", false, "do not write what clients say to standard output")
	flags.StringVar(&l.http, "http", "", "serve the files below `DIR` over HTTP instead")
	flags.BoolVar(&l.udp, "udp", false, "listen for datagrams (UDP) instead of connections")
	flags.BoolVar(&l.overTLS, "tls", false, "speak TLS, with a certificate made for the occasion")
	flags.BoolVar(&l.once, "once", false, "end when the first client has left")
	flags.IntVar(&l.max, "max", 0, "take `N` clients at once and let more wait; 0 is 10,000")
	flags.StringVar(&l.record, "record", "", "append all that happens to this `FILE`, a JSON object a line")
	return command
}

// check holds that the flags go together.
func (l *listening) check(greets bool) error {
	switch {
	case l.echo && l.discard:
		return usagef("--echo and --discard: what is said cannot be both sent back and dropped")
	case l.udp && l.overTLS:
		return usagef("--udp and --tls: TLS needs connections")
	case l.max < 0:
		return usagef("--max %d: a number of clients is wanted", l.max)
	case l.http != "" && (l.udp || l.echo || l.discard || l.once || greets || l.record != ""):
		return usagef("--http serves files and nothing else: of the other flags only --tls and --max go with it")
	}
	return nil
}

func (l *listening) run(ctx context.Context, text string, greets bool) error {
	address, err := parseListening(text)
	if err != nil {
		return err
	}
	if err := l.check(greets); err != nil {
		return err
	}
	if l.http != "" {
		return l.serveFiles(ctx, address)
	}
	log, err := l.openRecord()
	if err != nil {
		return err
	}
	err = l.serve(ctx, address, log)
	return errors.Join(err, log.close())
}

// serve greets and listens, and gives up when nothing can be written any more.
func (l *listening) serve(ctx context.Context, address string, log *recording) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	out := l.forTerminal(l.stdout)
	server := &wire.Server{Echo: l.echo, Once: l.once, Max: l.max, Tell: func(e wire.Event) {
		if err := errors.Join(l.show(out, e), log.add(e)); err != nil {
			cancel(err)
		}
	}}
	if l.greet != "" {
		server.Greeting = l.greet + "\n"
	}
	err := l.accept(ctx, address, server)
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) {
		return cause
	}
	return err
}

func (l *listening) accept(ctx context.Context, address string, server *wire.Server) error {
	if l.udp {
		c, err := new(net.ListenConfig).ListenPacket(ctx, "udp", address)
		if err != nil {
			return fmt.Errorf("listening on %s: %s", address, sonde.Cause(err))
		}
		l.say("Listening on %s (UDP), until Ctrl-C.", c.LocalAddr())
		return server.ServeDatagrams(ctx, c.(*net.UDPConn))
	}
	listener, config, err := l.listenTCP(ctx, address, l.overTLS)
	if err != nil {
		return err
	}
	server.TLS = config
	return server.Serve(ctx, listener)
}

// show tells people who came and went, and writes what is said.
func (l *listening) show(out io.Writer, e wire.Event) error {
	switch e.Kind {
	case wire.Came:
		l.say("%s came", e.Client)
	case wire.Left:
		why := ""
		if e.Err != nil && !errors.Is(e.Err, net.ErrClosed) {
			why = ": " + sonde.Cause(e.Err)
		}
		l.say("%s left after %s, %s in, %s out%s", e.Client, sonde.InTime(e.Stay), sonde.InBytes(e.In), sonde.InBytes(e.Out), why)
	case wire.Said:
		if !l.discard {
			_, err := out.Write(e.Data)
			return err
		}
	}
	return nil
}

// serveFiles serves a directory over HTTP.
func (l *listening) serveFiles(ctx context.Context, address string) error {
	dir, err := os.OpenRoot(l.http)
	if err != nil {
		return usagef("--http %s: %w", l.http, err)
	}
	defer dir.Close()
	listener, config, err := l.listenTCP(ctx, address, l.overTLS)
	if err != nil {
		return err
	}
	return wire.ServeFiles(ctx, over(listener, config), dir, l.max, func(r wire.Asked) {
		l.say("%s %s %s %d %s", r.Client, r.Method, r.Path, r.Status, sonde.InBytes(r.Bytes))
	})
}

// recording is the file of --record; nil where nothing is recorded.
type recording struct{ file *os.File }

func (l *listening) openRecord() (*recording, error) {
	if l.record == "" {
		return nil, nil
	}
	file, err := os.OpenFile(l.record, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("recording: %w", err)
	}
	return &recording{file}, nil
}

func (r *recording) close() error {
	if r == nil {
		return nil
	}
	return r.file.Close()
}

// recorded is an event as a line of the record.
type recorded struct {
	At     string         `json:"at"`
	Client netip.AddrPort `json:"client"`
	Event  wire.EventKind `json:"event"`
	Text   *string        `json:"text,omitempty"`   // what was said, where it is UTF-8
	Base64 []byte         `json:"base64,omitempty"` // where it is not
	In     *int64         `json:"in_bytes,omitempty"`
	Out    *int64         `json:"out_bytes,omitempty"`
	Stay   *int64         `json:"stay_ms,omitempty"`
	Error  string         `json:"error,omitempty"`
}

func (r *recording) add(e wire.Event) error {
	if r == nil {
		return nil
	}
	line := recorded{At: e.At.Format("2006-01-02T15:04:05.000Z"), Client: e.Client, Event: e.Kind}
	switch {
	case e.Kind == wire.Left:
		stay := e.Stay.Milliseconds()
		line.In, line.Out, line.Stay = &e.In, &e.Out, &stay
		if e.Err != nil {
			line.Error = sonde.Cause(e.Err)
		}
	case e.Kind == wire.Said && utf8.Valid(e.Data):
		text := string(e.Data)
		line.Text = &text
	case e.Kind == wire.Said:
		line.Base64 = e.Data
	}
	if err := json.NewEncoder(r.file).Encode(line); err != nil {
		return fmt.Errorf("recording: %w", err)
	}
	return nil
}
