package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"sonde"
	"sonde/netprobe"
	"sonde/netprobe/identify"
	"sonde/netprobe/scan"
	"sonde/store"
)

// probe is sonde probe with its flags.
type probe struct {
	*app
	format
	ports, udp  string
	timeout     time.Duration
	retries     int
	rate        float64
	concurrency int
	noBanner    bool
	noTLS       bool
	only4       bool
	only6       bool
	exclude     []string
	noSave      bool
	yes         bool
}

func newProbeCommand(a *app) *cobra.Command {
	p := &probe{app: a}
	command := &cobra.Command{
		Use:   "probe TARGET...",
		Short: "Scan ports, and ask who answers there",
		Long: `Scan the ports of hosts, and ask who answers on those that are open: protocol,
product, version, certificates. Only what is typed is asked.

A target is a name, an address, a network such as 192.0.2.0/24, a URL, or a
host with a port, which is then asked besides the others; - reads targets from
standard input. Ports are numbers and ranges with commas between, top for about
a hundred on which services are usual, or all.

A port is open, closed (it refuses) or filtered: silent, though it was asked
again, or somebody forbids the way. A table on a terminal leaves out banners,
and long lists of ports that are not open; the other formats have everything.
What is found is kept in the database: see the views ports, certificates and,
for the names that were typed, dns_records. Where another sonde holds it, the
scan is shown all the same, nothing is kept, and the exit code is 11.`,
		Example: `  sonde probe example.org
  sonde probe 192.0.2.0/24 --ports 22,80,443,8000-8100 --ndjson
  sonde probe localhost --ports all --no-save
  sonde probe ns1.example.org --ports 53 --udp 53,123
  sonde export hosts --columns name | sonde probe -`,
		Args: arguments(1, -1, "a target, such as example.org or 192.0.2.0/24"),
		RunE: func(command *cobra.Command, targets []string) error { return p.run(command.Context(), targets) },
	}
	flags := command.Flags()
	flags.SortFlags = false
	flags.StringVarP(&p.ports, "ports", "p", "top", "TCP `PORTS`: numbers, ranges, top, all, none")
	flags.StringVar(&p.udp, "udp", "none", "UDP `PORTS` besides")
	flags.StringArrayVar(&p.exclude, "exclude", nil, "never ask this `TARGET`; may be repeated")
	flags.BoolVarP(&p.only4, "ipv4", "4", false, "ask IPv4 addresses only")
	flags.BoolVarP(&p.only6, "ipv6", "6", false, "ask IPv6 addresses only")
	flags.BoolVarP(&p.yes, "yes", "y", false, "scan large networks without asking back")
	flags.DurationVar(&p.timeout, "timeout", scan.DefaultTimeout, "the longest wait for one answer, a `TIME`")
	flags.IntVar(&p.retries, "retries", scan.DefaultRetries, "ask silent ports again `N` times: once only where nothing gets lost, more where packets do")
	flags.Float64Var(&p.rate, "rate", 0, "make so many connections a second at most, `R`, those that ask who answers too; 0: as fast as they are answered")
	flags.IntVar(&p.concurrency, "concurrency", scan.DefaultConcurrency, "make `N` connections at once at most")
	flags.BoolVar(&p.noBanner, "no-banner", false, "do not ask who answers on open ports")
	flags.BoolVar(&p.noTLS, "no-tls", false, "make no TLS handshakes")
	flags.BoolVar(&p.noSave, "no-save", false, "keep nothing in the database")
	p.format.add(flags)
	return command
}

func (p *probe) run(ctx context.Context, texts []string) error {
	if err := errors.Join(p.check(), p.checkFlags()); err != nil {
		return err
	}
	tcp, err := readPorts("--ports", p.ports, scan.TopTCP())
	if err != nil {
		return err
	}
	udp, err := readPorts("--udp", p.udp, scan.TopUDP())
	if err != nil {
		return err
	}
	aims, err := p.aims(ctx, texts, scan.Target{TCP: tcp, UDP: udp})
	if err != nil {
		return err
	}
	return p.withFileUnless(ctx, p.noSave, func(file *store.File, screen *live) error { return p.scan(ctx, aims, file, screen) })
}

// checkFlags holds the flags whose type admits more than they mean.
func (p *probe) checkFlags() error {
	switch {
	case p.only4 && p.only6:
		return usagef("-4 and -6 leave nothing to ask: give one of them")
	case p.timeout <= 0:
		return usagef("--timeout %s: a time longer than 0 is wanted, such as 3s", p.timeout)
	case p.retries < 0 || p.retries > maxRetries:
		return usagef("--retries %d: a number from 0 to %d is wanted", p.retries, maxRetries)
	case p.rate < 0:
		return usagef("--rate %g: a number of ports a second is wanted; 0 is no limit", p.rate)
	case p.concurrency < 1:
		return usagef("--concurrency %d: a whole number is wanted, at least 1", p.concurrency)
	}
	return nil
}

// maxRetries is how often a silent port is believed to be worth asking.
const maxRetries = 100

// readPorts reads the value of a flag for ports.
func readPorts(flag, text string, top scan.Ports) (scan.Ports, error) {
	if text == "none" {
		return nil, nil
	}
	ports, err := scan.ParsePorts(text, top)
	if err != nil {
		return nil, usagef("%s: %w", flag, err)
	}
	return ports, nil
}

// config is how the scan goes.
func (p *probe) config(screen *live, progress *scan.Progress) scan.Config {
	c := scan.Config{
		Timeout: p.timeout, Retries: p.retries, Rate: p.rate, Concurrency: p.concurrency,
		Warn: screen.note, Progress: progress, Questions: identify.Questions,
	}
	if p.retries == 0 {
		c.Retries = -1
	}
	if p.noBanner {
		return c
	}
	c.Reply, c.Open = identify.Reply, netprobe.WhoAnswers
	if p.noTLS {
		c.Open = netprobe.WhoAnswersInClear
	}
	return c
}

// scan scans what is aimed at, writes what is found, and keeps it in a file unless that
// is nil.
func (p *probe) scan(ctx context.Context, aims *aims, file *store.File, screen *live) error {
	if file != nil && len(aims.learned) > 0 {
		if err := file.SaveDNS(context.WithoutCancel(ctx), aims.learned); err != nil {
			return err
		}
	}
	progress := new(scan.Progress)
	start := time.Now()
	screen.line = func(now time.Time) string { return aims.progress(progress, now.Sub(start)) }
	end := screen.start(ctx)
	defer end()

	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	report := p.newReport(file)
	err := scan.Run(ctx, p.config(screen, progress), aims.targets(), func(port sonde.Port) {
		if err := report.add(ctx, port); err != nil {
			cancel(err)
		}
	})
	if err != nil {
		err = context.Cause(ctx)
	}
	err = errors.Join(err, report.close(ctx))
	end()
	p.say("%s", report.summary(time.Since(start)))
	if err == nil && aims.failed {
		err = &endError{code: exitError}
	}
	return err
}

// progress is the line that shows how a scan goes on.
func (t *aims) progress(p *scan.Progress, passed time.Duration) string {
	settled := p.Settled.Load()
	parts := []string{
		fmt.Sprintf("%s of %s", sonde.Thousands(settled), sonde.Plural(t.ports, "port")),
		sonde.Thousands(p.Open.Load()) + " open",
	}
	if seconds := passed.Seconds(); seconds >= 1 {
		parts = append(parts, perSecond(p.Knocks.Load(), passed)+" asked/s")
		if settled > 0 {
			left := time.Duration(float64(passed) * float64(t.ports-settled) / float64(settled))
			parts = append(parts, "about "+sonde.InTime(left)+" left")
		}
	}
	return strings.Join(parts, "  ")
}
