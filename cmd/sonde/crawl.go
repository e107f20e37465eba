package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"sonde"
	"sonde/crawler"
	"sonde/crawler/fetch"
	"sonde/crawler/weburl"
	"sonde/pipeline"
	"sonde/store"
)

const crawlHelp = `Crawl a site from one or more URLs into the database, and say what came of it.

Interrupted once (Ctrl-C), it records what is on its way and can be resumed;
interrupted twice, it ends at once, and can still be resumed.

Flags with a name like [SONDE_RATE] can be set by that environment variable (one
value a line, where the flag repeats), or in sonde.yaml: "crawl: {rate: 2}".

Exit codes: 0 done, 1 error, 2 usage, 3 ended before all was visited,
4 the gate failed (--fail-on, --fail-if), 11 database held by another sonde,
130 interrupted.`

const crawlExamples = `  sonde crawl https://example.org
  sonde crawl example.org --max-pages 500 --exclude '/archive/'
  sonde crawl https://example.org/docs/ --scope prefix --rate 2
  sonde crawl --resume https://example.org
  sonde crawl https://staging.example.org --fail-on high
  sonde crawl http://localhost:8080 --rate 0 --per-host 16 --db local.db`

// crawlCommand is sonde crawl with its flags.
type crawlCommand struct {
	*app
	site   string
	resume bool
	serve  bool
	auth   credentialValue
	server *server
	policy policyValues
	flags  *pflag.FlagSet
}

func newCrawlCommand(a *app) *cobra.Command {
	c := &crawlCommand{app: a, server: &server{app: a, logFormat: "text"}}
	command := &cobra.Command{
		Use:     "crawl URL...",
		Short:   "Crawl a site into the database",
		Long:    crawlHelp,
		Example: crawlExamples,
		RunE:    func(command *cobra.Command, urls []string) error { return c.run(command.Context(), urls) },
	}
	c.flags = command.Flags()
	c.flags.SortFlags = false // they stand in the order of the table
	c.flags.StringVar(&c.site, "site", "", "the `NAME` of the site (default: the host of the first URL)")
	c.flags.BoolVar(&c.resume, "resume", false, "go on with the newest run of the site, by its own policy and what flags say otherwise")
	c.flags.Var(&c.auth, "auth", "the credential for the hosts of the URLs; never stored")
	c.flags.BoolVar(&c.serve, "serve", false, "show the dashboard meanwhile, and afterwards until Ctrl-C")
	c.server.addListen(c.flags)
	settable(c.flags.Lookup("site"))
	settable(c.flags.Lookup("auth"))
	for _, name := range []string{"site", "resume", "serve", "listen"} {
		place(c.flags.Lookup(name), "Which run")
	}
	c.policy = addPolicyFlags(command)
	a.gate.add(command, "What must hold")
	place(c.flags.Lookup("auth"), groupAsk)
	return command
}

// credentialValue is a flag that holds a credential and never shows it.
type credentialValue struct{ fetch.Credential }

func (v *credentialValue) String() string { return "" }
func (v *credentialValue) Type() string   { return "USER:PASSWORD" }
func (v *credentialValue) Set(text string) (err error) {
	v.Credential, err = parseCredential(text)
	return err
}

func (c *crawlCommand) run(ctx context.Context, urls []string) error {
	if len(urls) == 0 && !c.resume {
		return usagef("crawl needs a URL to start from, such as https://example.org")
	}
	if strings.ContainsFunc(c.site, controls) {
		return usagef("--site %q: a name without control characters is wanted", c.site)
	}
	if err := c.gate.check(); err != nil {
		return err
	}
	policy := c.policy.new()
	seeds, credentials, err := c.readSeeds(urls, policy.DropParams)
	if err != nil {
		return err
	}
	order := pipeline.Order{Credentials: credentials}
	if c.site == "" && len(seeds) > 0 {
		c.site = siteName(seeds[0])
	}
	order.Site = sonde.Site{Name: c.site, Seeds: seeds, Policy: policy}
	if c.resume {
		return c.resumeNewest(ctx, order)
	}
	order.Headers = takeSecrets(&order.Site.Policy)
	return c.withFile(ctx, func(file *store.File, screen *live) error {
		if order.Site, err = file.SaveSite(order.Site); err != nil {
			return err
		}
		return c.shown(ctx, file, func(ctx context.Context) error { return c.crawl(ctx, file, screen, order) })
	})
}

// shown calls do, and where that is wanted shows the dashboard meanwhile.
func (c *crawlCommand) shown(ctx context.Context, file *store.File, do func(context.Context) error) error {
	if !c.serve {
		return do(ctx)
	}
	return c.server.during(ctx, file, do)
}

// readSeeds reads the URLs that were typed, and the credentials that stand in them or
// that a flag gives for their hosts.
func (c *crawlCommand) readSeeds(urls []string, dropParams []string) ([]string, map[string]fetch.Credential, error) {
	canonical := weburl.NewCanonicalizer(dropParams)
	var seeds []string
	credentials := map[string]fetch.Credential{}
	for _, text := range urls {
		typed, err := weburl.Typed(text)
		if err != nil {
			return nil, nil, usagef("%w", err)
		}
		seed := canonical.Canonical(typed)
		if seed.Reason != "" {
			return nil, nil, usagef("%s", refused(seed))
		}
		if !slices.Contains(seeds, seed.URL) {
			seeds = append(seeds, seed.URL)
		}
		authorise(credentials, seed.URL, typed, c.auth.Credential)
	}
	if text := c.policy.text("proxy"); text != "" {
		if proxy, credential, err := parseProxy(text); err == nil && credential != (fetch.Credential{}) {
			credentials[proxy] = credential
		}
	}
	return seeds, credentials, nil
}

// refused says why a URL is none to start from.
func refused(seed weburl.Resolved) string {
	scheme, _, _ := strings.Cut(seed.URL, ":")
	switch seed.Reason {
	case sonde.BadScheme:
		return fmt.Sprintf("%q cannot be crawled: its scheme is %s, and only http and https can", seed.URL, scheme)
	case sonde.TooLong:
		return fmt.Sprintf("%.60q... cannot be crawled: it has more than %d characters", seed.URL, sonde.MaxURLLength)
	}
	return fmt.Sprintf("%q cannot be crawled: it is no URL", seed.URL)
}

// authorise notes the credential for a seed: the one in the URL as it was typed, or
// else that of the flag.
func authorise(credentials map[string]fetch.Credential, seed, typed string, credential fetch.Credential) {
	if u, err := url.Parse(typed); err == nil && u.User != nil {
		password, _ := u.User.Password()
		credential = fetch.Credential{User: u.User.Username(), Password: password}
	}
	origin := weburl.Origin(seed)
	if _, has := credentials[origin]; !has && credential != (fetch.Credential{}) {
		credentials[origin] = credential
	}
}

// siteName is the name of a site that nobody named: the host of its first seed, with
// the port where that is unusual.
func siteName(seed string) string {
	_, name, _ := strings.Cut(weburl.Origin(seed), "://")
	return name
}

// withFile calls do with the database open for writing and a screen to tell people
// things on, and closes the database.
func (a *app) withFile(ctx context.Context, do func(*store.File, *live) error) (err error) {
	screen := a.screen()
	file, err := a.openForWriting(ctx, screen.note)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	return do(file, screen)
}

// withFileUnless calls do with the database as withFile does, or without one where it is
// not wanted. Where another sonde holds the database do is called without, too, since the
// network can be asked all the same: then people are told, and it ends in the error.
func (a *app) withFileUnless(ctx context.Context, unwanted bool, do func(*store.File, *live) error) error {
	if unwanted {
		return do(nil, a.screen())
	}
	err := a.withFile(ctx, do)
	if held := (*store.HeldError)(nil); errors.As(err, &held) {
		a.warn("What comes is shown and not kept: another sonde writes %s.", a.dbPath)
		if fault := do(nil, a.screen()); !errors.As(fault, new(*endError)) {
			err = errors.Join(fault, err)
		}
	}
	return err
}

// screen makes what shows on standard error how a run goes on.
func (a *app) screen() *live {
	return &live{
		out: a.stderr,
		columns: func() int {
			columns, _ := a.terminal(a.stderr)
			return columns
		},
		silent: a.quiet,
	}
}

// resumeNewest goes on with the newest run of a site; of any site, where none is
// named.
func (c *crawlCommand) resumeNewest(ctx context.Context, order pipeline.Order) error {
	if _, err := os.Stat(c.dbPath); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: %s: there is nothing to resume", store.ErrNoFile, c.dbPath)
	}
	return c.withFile(ctx, func(file *store.File, screen *live) error {
		run, err := newestRun(ctx, file, order.Site.Name)
		if errors.Is(err, store.ErrNoRun) {
			c.say("There is no run%s in %s: nothing to resume.", ofSite(order.Site.Name), c.dbPath)
			return nil
		}
		if err != nil {
			return err
		}
		c.tellStrangers(run, order.Site.Seeds)
		for _, seed := range run.Site.Seeds {
			authorise(order.Credentials, seed, "", c.auth.Credential)
		}
		run.Site.Policy = c.policy.resumed(run.Site.Policy, c.flags)
		order.Headers = takeSecrets(&run.Site.Policy)
		return c.shown(ctx, file, func(ctx context.Context) error { return c.goOn(ctx, file, screen, order, run) })
	})
}

func ofSite(name string) string {
	if name == "" {
		return ""
	}
	return " of " + name
}

// newestRun is the newest run of a site, or of all where name is "".
func newestRun(ctx context.Context, file *store.File, name string) (sonde.Run, error) {
	if name != "" {
		return file.LastRun(ctx, name)
	}
	runs, err := file.Runs(ctx)
	if err != nil || len(runs) == 0 {
		return sonde.Run{}, errors.Join(err, store.ErrNoRun)
	}
	return file.Run(ctx, runs[0].ID)
}

// tellStrangers warns of URLs that the run to resume did not start from.
func (a *app) tellStrangers(run sonde.Run, seeds []string) {
	for _, seed := range seeds {
		if !slices.Contains(run.Site.Seeds, seed) {
			a.warn("%s is not among the URLs that run %d started from; a resumed run keeps its own.", seed, run.ID)
		}
	}
}

// goOn continues a run, where there is something left to do.
func (a *app) goOn(ctx context.Context, file *store.File, screen *live, order pipeline.Order, run sonde.Run) error {
	if !run.Status.Resumable() {
		a.say("Run %d of %s is %s: nothing is left to do. To crawl the site again, leave --resume out.", run.ID, run.Site.Name, run.Status)
		return nil
	}
	order.Site, order.Resume = run.Site, &run
	return a.crawl(ctx, file, screen, order)
}

// crawl makes a run, shows how it goes on, and says what came of it.
func (a *app) crawl(ctx context.Context, file *store.File, screen *live, order pipeline.Order) (err error) {
	started := time.Now()
	if err := a.gate.compile(ctx, file); err != nil {
		return err
	}
	if order.Rules, err = a.ownRules(order.Site.Policy.RulesDir); err != nil {
		return err
	}
	result, fetched, err := a.watch(ctx, screen, order, file)
	if result.Run.Status == sonde.Running { // it could not be closed: the next to open the file will call it so
		result.Run.Status = sonde.Interrupted
	}
	if result.Run.ID != 0 {
		s, readErr := summarise(context.WithoutCancel(ctx), file, result.Run)
		s.took, s.fetched = time.Since(started), fetched
		a.conclude(s)
		err = errors.Join(err, readErr)
	}
	for _, fault := range result.Report.Faults {
		a.warn("sonde: %v", fault)
	}
	if err != nil {
		return err
	}
	return a.gate.weigh(ctx, file, result.Run, a.verdict(result))
}

// watch makes a run and shows how it goes on. It also tells how many URLs were asked
// for.
func (a *app) watch(ctx context.Context, screen *live, order pipeline.Order, file *store.File) (pipeline.Result, int64, error) {
	progress := new(crawler.Progress)
	end := func() {}
	policy := order.Site.Policy
	order.File, order.Progress = file, progress
	var stage atomic.Value // string
	stage.Store("")
	order.Stage = func(what string) { stage.Store(what) }
	order.Begun = func(run sonde.Run, pending func() int64) {
		a.say("%s %s (run %d) into %s", begins(order), run.Site.Name, run.ID, a.dbPath)
		l := limits{pages: int64(policy.MaxPages)}
		if policy.MaxTime > 0 {
			l.until = time.Now().Add(policy.MaxTime)
		}
		screen.line = lineOf(func() standing { return standing{progress.Snapshot(), pending(), stage.Load().(string)} }, l)
		end = screen.start(ctx)
	}
	untell := context.AfterFunc(ctx, func() { screen.note(stopping) })
	defer untell()
	a.steady()
	result, err := a.makeRun(ctx, order)
	end()
	return result, progress.Snapshot().Fetched, err
}

func begins(order pipeline.Order) string {
	if order.Resume != nil {
		return "Resuming"
	}
	return "Crawling"
}

// maxTroubles is how many sentences about seeds are printed.
const maxTroubles = 5

// verdict is what the shell is told of a run that could do its job.
func (a *app) verdict(result pipeline.Result) error {
	troubles := result.Ending.SeedTrouble
	for i, sentence := range troubles {
		if i == maxTroubles {
			a.warn("sonde: the same goes for %s.", sonde.Plural(int64(len(troubles)-i), "more URL"))
			break
		}
		a.warn("sonde: %s", sentence)
	}
	switch {
	case result.Ending.Status == sonde.Stopped:
		return &endError{code: exitInterrupted}
	case len(troubles) > 0 && len(troubles) >= len(result.Run.Site.Seeds):
		return &endError{code: exitError}
	case result.Ending.Status == sonde.Partial:
		return &endError{code: exitPartial}
	}
	return nil
}
