package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"sonde"
	"sonde/crawler/fetch"
	"sonde/pipeline"
	"sonde/store"
)

func newSiteCommand(a *app) *cobra.Command {
	return group(&cobra.Command{
		Use:   "site",
		Short: "Register sites, each with the policy that its runs go by",
		Example: `  sonde site add shop https://shop.example --rate 2 --external
  sonde run shop
  sonde schedule add shop '30 3 * * *'`,
	},
		newSiteAddCommand(a),
		newSiteListCommand(a),
		newSiteShowCommand(a),
		newSiteEditCommand(a),
		newSiteRemoveCommand(a),
	)
}

// siteCommand is sonde site add or edit with its flags.
type siteCommand struct {
	*app
	seeds  []string
	policy policyValues
	flags  *pflag.FlagSet
}

func (c *siteCommand) bind(command *cobra.Command) {
	c.flags = command.Flags()
	c.flags.SortFlags = false // they stand in the order of the table
	c.policy = addPolicyFlags(command)
}

func newSiteAddCommand(a *app) *cobra.Command {
	c := &siteCommand{app: a}
	command := &cobra.Command{
		Use:   "add NAME URL...",
		Short: "Register a site: where its runs start, and their policy",
		Example: `  sonde site add shop https://shop.example
  sonde site add docs https://example.org/docs/ --scope prefix --max-pages 5000`,
		Args: arguments(2, -1, "a name and a URL, such as: shop https://shop.example"),
		RunE: func(command *cobra.Command, args []string) error { return c.add(command.Context(), args[0], args[1:]) },
	}
	c.bind(command)
	return command
}

func (c *siteCommand) add(ctx context.Context, name string, urls []string) error {
	if err := checkSiteName(name); err != nil {
		return err
	}
	policy := c.policy.new()
	seeds, err := c.readSeeds(urls, policy)
	if err != nil {
		return err
	}
	site := sonde.Site{Name: name, Seeds: seeds, Policy: policy}
	return c.withFile(ctx, func(file *store.File, _ *live) error {
		_, err := file.Site(ctx, name)
		switch {
		case err == nil:
			return usagef("there is a site %q already: change it with `sonde site edit %s`", name, quoted(name))
		case !errors.Is(err, store.ErrNoSite):
			return err
		}
		return c.save(file, site, "Added")
	})
}

// checkSiteName refuses names that could not be told or typed.
func checkSiteName(name string) error {
	if name == "" || strings.ContainsFunc(name, controls) {
		return usagef("the name %q: one without control characters is wanted", name)
	}
	return nil
}

// readSeeds reads URLs to start from. Nothing that is secret is stored.
func (c *siteCommand) readSeeds(urls []string, policy sonde.Policy) ([]string, error) {
	if secret := takeSecrets(&policy); len(secret) > 0 {
		return nil, usagef("a header field with a credential is not kept: give it to `sonde crawl` each time")
	}
	seeds, err := pipeline.Seeds(urls, policy.DropParams)
	if err != nil {
		return nil, usagef("%w", err)
	}
	return seeds, nil
}

func (c *siteCommand) save(file *store.File, site sonde.Site, did string) error {
	if _, err := file.SaveSite(site); err != nil {
		return err
	}
	c.say("%s the site %s. Crawl it with: sonde run %s", did, site.Name, quoted(site.Name))
	return nil
}

func newSiteEditCommand(a *app) *cobra.Command {
	c := &siteCommand{app: a}
	command := &cobra.Command{
		Use:   "edit NAME",
		Short: "Change what is given of a site, and leave the rest",
		Example: `  sonde site edit shop --rate 5 --max-pages 0
  sonde site edit shop --seed https://shop.example/en/`,
		Args: arguments(1, 1, "the name of a site"),
		RunE: func(command *cobra.Command, args []string) error { return c.edit(command.Context(), args[0]) },
	}
	c.bind(command)
	c.flags.StringArrayVar(&c.seeds, "seed", nil, "start from this `URL`, in place of those that it has; again for more")
	place(c.flags.Lookup("seed"), groupReach)
	return command
}

func (c *siteCommand) edit(ctx context.Context, name string) error {
	return c.withSite(ctx, name, func(file *store.File, site sonde.Site) error {
		site.Policy = c.policy.resumed(site.Policy, c.flags)
		if len(c.seeds) > 0 {
			site.Seeds = c.seeds
		}
		var err error
		if site.Seeds, err = c.readSeeds(site.Seeds, site.Policy); err != nil {
			return err
		}
		return c.save(file, site, "Changed")
	})
}

// withSite calls do with the database open for writing and a site of it.
func (a *app) withSite(ctx context.Context, name string, do func(*store.File, sonde.Site) error) error {
	if _, err := a.siteOf(ctx, name); err != nil {
		return err
	}
	return a.withFile(ctx, func(file *store.File, _ *live) error {
		site, err := file.Site(ctx, name)
		if err != nil {
			return err
		}
		return do(file, site)
	})
}

// siteOf reads a site, without making a database only to find it empty.
func (a *app) siteOf(ctx context.Context, name string) (sonde.Site, error) {
	file, err := a.openForReading(ctx)
	if err != nil {
		return sonde.Site{}, err
	}
	defer file.Close()
	site, err := file.Site(ctx, name)
	if !errors.Is(err, store.ErrNoSite) {
		return site, err
	}
	sites, listErr := file.Sites(ctx)
	if listErr != nil {
		return site, listErr
	}
	var names []string
	for _, s := range sites {
		names = append(names, s.Name)
	}
	near := didYouMean(name, names)
	if near == "" {
		near = "; `sonde site list` shows them"
	}
	return site, fmt.Errorf("%w in %s%s", err, a.dbPath, near)
}

func newSiteListCommand(a *app) *cobra.Command {
	var f format
	command := &cobra.Command{
		Use:     "list",
		Short:   "List the sites",
		Example: "  sonde site list\n  sonde site list --json",
		Args:    arguments(0, 0, "nothing"),
		RunE: func(command *cobra.Command, _ []string) error {
			return a.list(command.Context(), f, "sites", []string{"id", "name", "scope", "seeds", "schedule", "next_run_at", "last_run_id"})
		},
	}
	f.add(command.Flags())
	return command
}

// list writes some columns of a public view.
func (a *app) list(ctx context.Context, f format, view string, columns []string) error {
	if err := f.check(); err != nil {
		return err
	}
	file, err := a.openForReading(ctx)
	if err != nil {
		return err
	}
	defer file.Close()
	rows := a.rows(f)
	if err := file.Export(ctx, store.Selection{View: view, Columns: columns}, rows); err != nil {
		return err
	}
	return rows.Close()
}

func newSiteShowCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "show NAME",
		Short:   "Show a site and its policy, as JSON",
		Example: "  sonde site show shop",
		Args:    arguments(1, 1, "the name of a site"),
		RunE:    func(command *cobra.Command, args []string) error { return a.showSite(command.Context(), args[0]) },
	}
}

func (a *app) showSite(ctx context.Context, name string) error {
	site, err := a.siteOf(ctx, name)
	if err != nil {
		return err
	}
	to := json.NewEncoder(a.stdout)
	to.SetEscapeHTML(false)
	to.SetIndent("", "  ")
	return to.Encode(struct {
		ID     int64        `json:"id"`
		Name   string       `json:"name"`
		Seeds  []string     `json:"seeds"`
		Policy sonde.Policy `json:"policy"`
	}{site.ID, site.Name, site.Seeds, site.Policy})
}

func newSiteRemoveCommand(a *app) *cobra.Command {
	var yes bool
	command := &cobra.Command{
		Use:     "remove NAME",
		Short:   "Take a site out of the database, with its runs and schedules",
		Example: "  sonde site remove shop\n  sonde site remove shop --yes",
		Args:    arguments(1, 1, "the name of a site"),
		RunE: func(command *cobra.Command, args []string) error {
			return a.removeSite(command.Context(), args[0], yes)
		},
	}
	command.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	return command
}

func (a *app) removeSite(ctx context.Context, name string, yes bool) error {
	return a.withSite(ctx, name, func(file *store.File, site sonde.Site) error {
		runs, err := file.Runs(ctx)
		if err != nil {
			return err
		}
		runs = slices.DeleteFunc(runs, func(r sonde.Run) bool { return r.Site.ID != site.ID })
		if !yes {
			if err := a.askToRemove(fmt.Sprintf("%s with %s", name, sonde.Plural(int64(len(runs)), "run"))); err != nil {
				return err
			}
		}
		progress, end := a.progress("URLs removed")
		err = file.RemoveSite(ctx, site.ID, progress)
		if end(); err != nil {
			return removalError(ctx, err)
		}
		a.say("Removed the site %s with %s.", name, sonde.Plural(int64(len(runs)), "run"))
		return nil
	})
}

func newRunCommand(a *app) *cobra.Command {
	var auth credentialValue
	command := &cobra.Command{
		Use:   "run SITE",
		Short: "Run a registered site now",
		Long: `Crawl a registered site by its own policy, and say what came of it. Interrupted,
it is gone on with by "sonde runs resume".

Exit codes are those of crawl.`,
		Example: "  sonde run shop\n  sonde run shop --auth editor:secret\n  sonde run shop --fail-on high",
		Args:    arguments(1, 1, "the name of a site"),
		RunE: func(command *cobra.Command, args []string) error {
			return a.runSite(command.Context(), args[0], auth)
		},
	}
	command.Flags().Var(&auth, "auth", "the credential for the hosts of the site; never stored")
	settable(command.Flags().Lookup("auth"))
	a.gate.add(command, "")
	return command
}

func (a *app) runSite(ctx context.Context, name string, auth credentialValue) error {
	if err := a.gate.check(); err != nil {
		return err
	}
	if _, err := a.siteOf(ctx, name); err != nil {
		return err
	}
	return a.withFile(ctx, func(file *store.File, screen *live) error {
		site, err := file.Site(ctx, name)
		if err != nil {
			return err
		}
		credentials := map[string]fetch.Credential{}
		for _, seed := range site.Seeds {
			authorise(credentials, seed, "", auth.Credential)
		}
		return a.crawl(ctx, file, screen, pipeline.Order{Site: site, Credentials: credentials})
	})
}
