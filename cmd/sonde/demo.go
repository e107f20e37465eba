package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/spf13/cobra"

	"sonde"
	"sonde/demo"
	"sonde/pipeline"
	"sonde/store"
)

// The demo's own file and site.
const (
	demoFile = "sonde-demo.db"
	demoSite = "demo"
)

func newDemoCommand(a *app) *cobra.Command {
	var noServe bool
	command := &cobra.Command{
		Use:   "demo",
		Short: "Crawl a small site with known faults that is built in",
		Long: `Serve a small web site with known faults on this machine, crawl it into
./sonde-demo.db (a new file each time), and say what came of it. No network is
needed. Then serve the dashboard, and the site, until Ctrl-C.`,
		Example: "  sonde demo\n  sonde demo --no-serve",
		Args:    arguments(0, 0, "nothing"),
		RunE: func(command *cobra.Command, _ []string) error {
			if !command.Flags().Changed("db") {
				a.dbPath = demoFile
			}
			return a.demo(command.Context(), noServe)
		},
	}
	command.Flags().BoolVar(&noServe, "no-serve", false, "end when the site is crawled")
	return command
}

func (a *app) demo(ctx context.Context, noServe bool) error {
	if err := a.removeDemo(ctx); err != nil {
		return err
	}
	url, stop, err := serveDemo()
	if err != nil {
		return fmt.Errorf("serving the demo: %w", err)
	}
	defer stop()
	if err := a.crawlDemo(ctx, url); err != nil {
		return err
	}
	a.say("Or:   sonde export pages%s --csv", a.dbFlag())
	a.say("\nThe site has %d faults, on purpose. What Sonde found is in %s.", len(demo.Faults()), a.dbPath)
	if noServe {
		return nil
	}
	a.say("Look at the site at %s (Ctrl-C ends it).", url)
	board := &server{app: a, listen: usualListen, logFormat: "text"}
	return board.serve(ctx)
}

// removeDemo removes the file of an earlier demo, and nothing else.
func (a *app) removeDemo(ctx context.Context) error {
	if _, err := os.Stat(a.dbPath); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	file, err := a.openForWriting(ctx, nil)
	if err != nil {
		return err
	}
	sites, err := file.Sites(ctx)
	if err = errors.Join(err, file.Close()); err != nil {
		return err
	}
	for _, site := range sites {
		if site.Name != demoSite {
			return fmt.Errorf("%s holds the site %s, so it is not from an earlier demo and was left as it is: move it away", a.dbPath, site.Name)
		}
	}
	for _, ending := range []string{"-wal", "-shm", ""} {
		if err := os.Remove(a.dbPath + ending); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("removing the earlier demo: %w", err)
		}
	}
	return nil
}

// serveDemo serves the demo on a free port of this machine. stop ends that and waits
// for it.
func serveDemo() (url string, stop func(), err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	server := &http.Server{Handler: demo.Handler(), ReadHeaderTimeout: 10 * time.Second}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(listener) // ends with ErrServerClosed
	}()
	return "http://" + listener.Addr().String() + "/", func() {
		server.Close()
		<-done
	}, nil
}

func (a *app) crawlDemo(ctx context.Context, url string) error {
	policy := sonde.DefaultPolicy()
	policy.UserAgent, policy.Rate = userAgent, 0
	return a.withFile(ctx, func(file *store.File, screen *live) error {
		site, err := file.SaveSite(sonde.Site{Name: demoSite, Seeds: []string{url}, Policy: policy})
		if err != nil {
			return err
		}
		return a.crawl(ctx, file, screen, pipeline.Order{Site: site})
	})
}
