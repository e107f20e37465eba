package main

import (
	"context"
	"os"

	"github.com/spf13/cobra"

	"sonde"
	"sonde/netprobe/wire"
)

// receiving is sonde recv with its flags.
type receiving struct {
	*app
	dir, maxSize  string
	once, overTLS bool
}

func newRecvCommand(a *app) *cobra.Command {
	r := &receiving{app: a}
	command := &cobra.Command{
		Use:   "recv [ADDR:]PORT",
		Short: "Wait for files that sonde send sends",
		Long: `Wait for files that sonde send sends, and put them into a directory. A file gets
its name when all of it is there and its SHA-256 agrees; before that it is a
.part file, which the next attempt goes on with. No file outside the directory
is touched, and none in it is overwritten.`,
		Example: `  sonde recv 7000 -d inbox
  sonde recv 192.0.2.7:7000 --once --tls`,
		Args: arguments(1, 1, "a port, such as 7000 or 192.0.2.7:7000"),
		RunE: func(command *cobra.Command, args []string) error { return r.run(command.Context(), args[0]) },
	}
	flags := command.Flags()
	flags.StringVarP(&r.dir, "dir", "d", ".", "put files into this `DIR`")
	flags.StringVar(&r.maxSize, "max-size", "", "take no file larger than `SIZE`, such as 2GiB")
	flags.BoolVar(&r.once, "once", false, "end when the first sender has left")
	flags.BoolVar(&r.overTLS, "tls", false, "speak TLS, with a certificate made for the occasion")
	return command
}

func (r *receiving) run(ctx context.Context, text string) error {
	address, err := parseListening(text)
	if err != nil {
		return err
	}
	receiver := &wire.Receiver{Once: r.once}
	if r.maxSize != "" {
		if receiver.MaxSize, err = parseSize(r.maxSize); err != nil {
			return usagef("--max-size %q: %w", r.maxSize, err)
		}
	}
	if receiver.Dir, err = os.OpenRoot(r.dir); err != nil {
		return usagef("-d %s: %w", r.dir, err)
	}
	defer receiver.Dir.Close()
	l, config, err := r.listenTCP(ctx, address, r.overTLS)
	if err != nil {
		return err
	}
	receiver.TLS = config
	var last error
	m := r.meter()
	receiver.Tell = func(a wire.Arrival) {
		if !a.Over {
			m.show("receiving", a.Progress)
			return
		}
		m.end()
		last = a.Err
		r.arrived(a)
	}
	if err := receiver.Serve(ctx, l); err != nil {
		return err
	}
	if r.once && last != nil {
		return &endError{code: exitPartial}
	}
	return nil
}

// arrived tells what became of a file: on standard output where it is there, as sha256sum
// would.
func (r *receiving) arrived(a wire.Arrival) {
	if a.Err != nil {
		r.warn("%s: nothing was taken: %s", a.Sender, sonde.Tidy(sonde.Cause(a.Err)))
		return
	}
	r.say("%s: %s is here, whole: %s, of which %s came now.", a.Sender, a.Name, sonde.InBytes(a.Size), sonde.InBytes(a.Size-a.From))
	_, _ = r.stdout.Write([]byte(a.SHA256 + "  " + printable(a.Name) + "\n")) // it is here, whoever reads of it
}
