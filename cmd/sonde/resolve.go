package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"sonde"
	"sonde/netprobe/resolve"
	"sonde/store"
	"sonde/tabular"
)

// resolution is sonde resolve with its flags.
type resolution struct {
	*app
	format
	types        []string
	all          bool
	server       string
	dnssec       bool
	reverse      bool
	trace        bool
	timeout      time.Duration
	concurrency  int
	noSave       bool
	only4, only6 bool
}

func newResolveCommand(a *app) *cobra.Command {
	r := &resolution{app: a}
	command := &cobra.Command{
		Use:   "resolve NAME...",
		Short: "Ask the DNS what names stand for",
		Long: `Ask the DNS what names stand for, as the system is configured (with its hosts
file), or by one named server over UDP, TLS or HTTPS. IPv4 and IPv6 addresses
are asked for unless --type or --all says otherwise; an address is asked for its
names. - reads names from standard input.

Names with other letters than ASCII are asked for in their ASCII form. The
search list of the system is for names without a dot; a final dot keeps it away.
What comes is kept in the database, see the view dns_records.

The exit code is 0 whatever the answers are, 1 where a question got none, and 11
where another sonde holds the database, so that nothing was kept.`,
		Example: `  sonde resolve example.org
  sonde resolve example.org --type MX,TXT,CAA --server 9.9.9.9
  sonde resolve example.org --all --server tls://9.9.9.9 --dnssec
  sonde resolve example.org --reverse --ndjson
  sonde resolve example.org --trace
  sonde export hosts --columns name | sonde resolve - --csv`,
		Args: arguments(1, -1, "a name, such as example.org"),
		RunE: func(command *cobra.Command, names []string) error { return r.run(command.Context(), names) },
	}
	flags := command.Flags()
	flags.SortFlags = false
	flags.StringSliceVarP(&r.types, "type", "t", nil, "ask for these `TYPES`, with commas between: "+strings.Join(resolve.Types, ", "))
	flags.BoolVar(&r.all, "all", false, "ask for all of them")
	flags.StringVarP(&r.server, "server", "s", "", "ask this `SERVER`: ADDRESS[:PORT], tls://ADDRESS[:PORT][#NAME] or https://…")
	flags.BoolVar(&r.dnssec, "dnssec", false, "ask for signatures too; the flag ad says that the server verified them")
	flags.BoolVar(&r.reverse, "reverse", false, "ask for the names of the addresses that come, too")
	flags.BoolVar(&r.trace, "trace", false, "go down from the root servers, or from --server, and show every step")
	flags.BoolVarP(&r.only4, "ipv4", "4", false, "ask for IPv4 addresses only, by IPv4")
	flags.BoolVarP(&r.only6, "ipv6", "6", false, "ask for IPv6 addresses only, by IPv6")
	flags.DurationVar(&r.timeout, "timeout", 0, "the longest wait for one answer, asked twice (default: the system's, or 3s)")
	flags.IntVar(&r.concurrency, "concurrency", 100, "ask `N` questions at once")
	flags.BoolVar(&r.noSave, "no-save", false, "keep nothing in the database")
	r.format.add(flags)
	return command
}

func (r *resolution) run(ctx context.Context, names []string) error {
	if err := r.settle(); err != nil {
		return err
	}
	var fault error
	typed := r.names(names, &fault)
	if !slices.Contains(names, "-") { // all is known: say what is wrong before anything is asked
		typed = slices.Values(slices.Collect(typed))
	}
	if fault != nil {
		return fault
	}
	resolver, err := resolve.New(r.config())
	if err != nil {
		return usagef("--server %q: %w", r.server, err)
	}
	defer resolver.Close()
	err = r.withFileUnless(ctx, r.noSave, func(file *store.File, screen *live) error {
		return r.ask(ctx, resolver, typed, file, screen)
	})
	return errors.Join(fault, err)
}

// settle holds that the flags fit together.
func (r *resolution) settle() error {
	switch {
	case r.only4 && r.only6:
		return usagef("-4 and -6 leave nothing to ask: give one of them")
	case r.all && len(r.types) > 0:
		return usagef("--all asks for every type, so that --type says nothing: give one of them")
	case r.timeout < 0:
		return usagef("--timeout %s: a time longer than 0 is wanted, such as 3s", r.timeout)
	case r.concurrency < 1:
		return usagef("--concurrency %d: a whole number is wanted, at least 1", r.concurrency)
	}
	for i, text := range r.types {
		r.types[i] = strings.ToUpper(strings.TrimSpace(text))
		if !slices.Contains(resolve.Types, r.types[i]) {
			hint := orElse(didYouMean(r.types[i], resolve.Types), "; there are: "+strings.Join(resolve.Types, ", "))
			return usagef("--type %s: it is no type that can be asked for%s", text, hint)
		}
	}
	if r.all {
		r.types = resolve.Types
	}
	return r.check()
}

func (r *resolution) config() resolve.Config {
	c := resolve.Config{Server: r.server, Timeout: r.timeout, DNSSEC: r.dnssec}
	switch {
	case r.only4:
		c.Family = resolve.IPv4
	case r.only6:
		c.Family = resolve.IPv6
	}
	return c
}

// names are the names that were typed, those of standard input where - stands. It ends
// at the first that is none, and says so in fault.
func (r *resolution) names(typed []string, fault *error) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, text := range typed {
			lines := strings.NewReader(text)
			from := io.Reader(lines)
			where := ""
			if text == "-" {
				from, where = r.stdin, "standard input, "
			}
			scanner := bufio.NewScanner(from)
			for line := 1; scanner.Scan(); line++ {
				name, err := readName(strings.TrimSpace(scanner.Text()))
				if err == nil && name != "" && !yield(name) {
					return
				}
				if err != nil && where != "" {
					err = fmt.Errorf("%sline %d: %w", where, line, err)
				}
				if err != nil {
					*fault = usagef("%w", err)
					return
				}
			}
			if err := scanner.Err(); err != nil {
				*fault = fmt.Errorf("reading names: %w", err)
				return
			}
		}
	}
}

// readName reads a name or an address.
func readName(text string) (string, error) {
	if address, err := netip.ParseAddr(text); err == nil {
		return address.Unmap().WithZone("").String(), nil
	}
	if text == "" {
		return "", nil
	}
	return resolve.Name(text)
}

// questions are what is asked for each name.
func (r *resolution) questions(names iter.Seq[string]) iter.Seq[resolve.Question] {
	return func(yield func(resolve.Question) bool) {
		for name := range names {
			for _, kind := range r.typesFor(name) {
				if !yield(resolve.Question{Name: name, Type: kind}) {
					return
				}
			}
		}
	}
}

// typesFor are the types that a name is asked for.
func (r *resolution) typesFor(name string) []string {
	_, err := netip.ParseAddr(name)
	switch {
	case err == nil:
		return []string{"PTR"}
	case len(r.types) > 0:
		return r.types
	case r.only4:
		return []string{"A"}
	case r.only6:
		return []string{"AAAA"}
	}
	return []string{"A", "AAAA"}
}

// ask asks, writes the answers and keeps them in file, if there is one.
func (r *resolution) ask(ctx context.Context, resolver *resolve.Resolver, names iter.Seq[string], file *store.File, screen *live) error {
	k := &answerKeeper{answerRows: r.answerRows(), file: file}
	start := time.Now()
	screen.line = func(now time.Time) string { return k.progress(now.Sub(start)) }
	end := screen.start(ctx)
	err := k.begin()
	if err == nil && r.trace {
		err = r.traceAll(ctx, resolver, names, k)
	} else if err == nil {
		err = resolver.All(ctx, r.questions(names), r.concurrency, func(a sonde.DNSAnswer) error {
			return errors.Join(k.add(ctx, a), r.back(ctx, resolver, a, k))
		})
	}
	took := time.Since(start)
	end()
	err = errors.Join(err, k.end(ctx))
	if k.answers.Load() >= manyAnswers {
		r.say("%s", k.summary(took, r.dbPath))
	}
	if err == nil && k.unanswered.Load() > 0 {
		return &endError{code: exitError}
	}
	return err
}

// back asks for the names of the addresses in an answer, where that is wanted.
func (r *resolution) back(ctx context.Context, resolver *resolve.Resolver, a sonde.DNSAnswer, k *answerKeeper) error {
	if !r.reverse {
		return nil
	}
	for _, record := range a.Records {
		if record.Type != "A" && record.Type != "AAAA" {
			continue
		}
		if err := k.add(ctx, resolver.Ask(ctx, resolve.Question{Name: record.Value, Type: "PTR"})); err != nil {
			return err
		}
	}
	return nil
}

// traceAll goes down from the top for one question after the other.
func (r *resolution) traceAll(ctx context.Context, resolver *resolve.Resolver, names iter.Seq[string], k *answerKeeper) error {
	for q := range r.questions(names) {
		var last sonde.DNSAnswer
		answer, err := resolver.Trace(ctx, q, func(zone string, step sonde.DNSAnswer) error {
			last = step
			return k.write(step)
		})
		if err != nil {
			return err
		}
		if last.Server != answer.Server || answer.Failure != last.Failure { // it ended without a server's word
			if err := k.write(answer); err != nil {
				return err
			}
		}
		if err := k.keep(ctx, answer); err != nil {
			return err
		}
	}
	return nil
}

// answersAtOnce is how many answers are kept in one transaction. Those to one name
// belong together, and a name has a question for every type at most.
const answersAtOnce = 2000

// manyAnswers is from how many on people are told what they add up to.
const manyAnswers = 100

// answerKeeper writes answers and keeps them.
type answerKeeper struct {
	answerRows
	file       *store.File // nil: nothing is kept
	waiting    []sonde.DNSAnswer
	answers    atomic.Int64
	unanswered atomic.Int64 // of them, questions that nobody answered
}

// progress is the line that shows how it goes on.
func (k *answerKeeper) progress(passed time.Duration) string {
	n := k.answers.Load()
	return fmt.Sprintf("%s asked  %s without an answer  %s/s", sonde.Plural(n, "question"), sonde.Thousands(k.unanswered.Load()), perSecond(n, passed))
}

// summary says in a sentence what became of the questions.
func (k *answerKeeper) summary(took time.Duration, where string) string {
	n := k.answers.Load()
	text := fmt.Sprintf("%s in %s, %s a second: %s got no answer.", sonde.Plural(n, "question"), sonde.InTime(took), perSecond(n, took), sonde.Thousands(k.unanswered.Load()))
	if k.file != nil {
		text += " Kept in " + where + "."
	}
	return text
}

// perSecond is how many things there were in each second.
func perSecond(n int64, passed time.Duration) string {
	return sonde.Thousands(int64(float64(n) / max(passed.Seconds(), 1e-3)))
}

func (k *answerKeeper) add(ctx context.Context, a sonde.DNSAnswer) error {
	return errors.Join(k.write(a), k.keep(ctx, a))
}

// keep takes an answer to be kept with others.
func (k *answerKeeper) keep(ctx context.Context, a sonde.DNSAnswer) error {
	k.answers.Add(1)
	if a.RCode == "" || a.Failure == sonde.ServFail {
		k.unanswered.Add(1)
	}
	if k.file == nil {
		return nil
	}
	if len(k.waiting) >= answersAtOnce && a.Host != k.waiting[len(k.waiting)-1].Host {
		if err := k.save(ctx); err != nil {
			return err
		}
	}
	k.waiting = append(k.waiting, a)
	return nil
}

func (k *answerKeeper) save(ctx context.Context) error {
	if k.file == nil || len(k.waiting) == 0 {
		return nil
	}
	err := k.file.SaveDNS(context.WithoutCancel(ctx), k.waiting)
	k.waiting = nil
	return err
}

// end writes and keeps what is left.
func (k *answerKeeper) end(ctx context.Context) error {
	return errors.Join(k.rows.Close(), k.save(ctx))
}

// answerRows writes answers as rows: one for each record, one for a want of records.
type answerRows struct {
	rows  tabular.Writer
	brief bool              // for people: without what they rarely look at
	told  []sonde.DNSRecord // aliases and signatures of host that were written
	host  string
	text  []byte
}

func (r *resolution) answerRows() answerRows {
	return answerRows{rows: r.rows(r.format), brief: r.forPeople(r.format)}
}

func (w *answerRows) begin() error {
	columns := []string{"name", "type", "value", "ttl", "rcode", "server", "rtt_ms", "error"}
	if !w.brief {
		columns = append(columns, "owner", "flags")
	}
	return w.rows.Columns(columns)
}

// write writes an answer. An alias that another question about the name told already
// is not told again.
func (w *answerRows) write(a sonde.DNSAnswer) error {
	if w.host != a.Host {
		w.host, w.told = a.Host, w.told[:0]
	}
	for _, record := range a.Records {
		own := record.Type == a.Type
		if (!own || record.Type == "CNAME") && w.knows(record) && !own {
			continue
		}
		if err := w.row(a, record); err != nil {
			return err
		}
	}
	if a.Failure == sonde.NoFailure {
		return nil
	}
	return w.row(a, sonde.DNSRecord{Name: a.Host, Type: a.Type, TTL: -1})
}

// knows reports whether an alias or signature was written, whatever its TTL, and takes
// it for written from now on.
func (w *answerRows) knows(record sonde.DNSRecord) bool {
	record.TTL = 0
	if slices.Contains(w.told, record) {
		return true
	}
	w.told = append(w.told, record)
	return false
}

func (w *answerRows) row(a sonde.DNSAnswer, record sonde.DNSRecord) error {
	name, failure := a.Host, ""
	if w.brief {
		name = record.Name
	}
	if record.Value == "" {
		failure = a.Detail
	}
	w.cell(name)
	w.cell(record.Type)
	w.cell(record.Value)
	if record.TTL < 0 {
		w.rows.Null()
	} else {
		w.rows.Integer(int64(record.TTL / time.Second))
	}
	w.cell(a.RCode)
	w.cell(a.Server)
	w.rows.Float(float64(a.RTT.Round(time.Microsecond)) / float64(time.Millisecond))
	w.cell(failure)
	if !w.brief {
		w.cell(record.Name)
		w.cell(strings.Join(a.Flags, " "))
	}
	return w.rows.EndRow()
}

// cell writes a text, nothing for "".
func (w *answerRows) cell(text string) {
	if text == "" {
		w.rows.Null()
		return
	}
	w.text = append(w.text[:0], text...)
	w.rows.Text(w.text)
}
