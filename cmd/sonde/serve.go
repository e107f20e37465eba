package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"sonde/accounts"
	"sonde/crawler/fetch"
	"sonde/dashboard"
	"sonde/pipeline"
	"sonde/store"
)

const serveHelp = `Serve the dashboard, and make the runs that schedules bring and people ask for,
until Ctrl-C. Runs that go on then are recorded, and go on with the next start.

On this machine (a loopback address) nobody has to log in. Any other address
needs an account (sonde user add) and TLS, from here or from a proxy.

Where another sonde writes the database, it is shown and nothing can be
commanded.

Exit codes: 0 done, 1 error, 2 usage, 12 database of a newer sonde.`

// server is how the dashboard is served: the flags of serve.
type server struct {
	*app
	listen        string
	hosts         []string
	logFormat     string
	cert, key     string
	proxies       []string
	public        bool // loopback counts as any other address: for tests of what others see
	listener      net.Listener
	proxyPrefixes []netip.Prefix
}

const usualListen = "127.0.0.1:8788"

func newServeCommand(a *app) *cobra.Command {
	s := &server{app: a}
	command := &cobra.Command{
		Use:   "serve",
		Short: "Serve the dashboard and make scheduled runs",
		Long:  serveHelp,
		Example: `  sonde serve
  sonde serve --listen :8788 --tls-cert cert.pem --tls-key key.pem
  sonde serve --behind-proxy 127.0.0.1 --allowed-host sonde.example.org`,
		Args: arguments(0, 0, "nothing"),
		RunE: func(command *cobra.Command, _ []string) error { return s.serve(command.Context()) },
	}
	s.addListen(command.Flags())
	flags := command.Flags()
	flags.StringArrayVar(&s.hosts, "allowed-host", nil, "answer to this `NAME` too, as it stands in URLs")
	flags.StringVar(&s.logFormat, "log", "text", "how to write the log: text or json")
	flags.StringVar(&s.cert, "tls-cert", "", "speak TLS with the certificate in this `FILE` (PEM)")
	flags.StringVar(&s.key, "tls-key", "", "and the key in this `FILE`")
	flags.StringArrayVar(&s.proxies, "behind-proxy", nil, "be reached through a proxy in this `NETWORK` only, which speaks TLS")
	flags.BoolVar(&s.public, "require-login", false, "have people log in on a loopback address too")
	for _, name := range []string{"allowed-host", "log", "tls-cert", "tls-key", "behind-proxy", "require-login"} {
		settable(flags.Lookup(name))
	}
	return command
}

// addListen adds the flag that says where to listen.
func (s *server) addListen(flags *pflag.FlagSet) {
	flags.StringVar(&s.listen, "listen", usualListen, "the `ADDRESS` and port to listen at; port 0: any that is free")
	settable(flags.Lookup("listen"))
}

// serve serves until ctx ends.
func (s *server) serve(ctx context.Context) error {
	if err := s.check(); err != nil {
		return err
	}
	log, err := s.logger()
	if err != nil {
		return err
	}
	file, err := s.openForWriting(ctx, nil)
	var held *store.HeldError
	if errors.As(err, &held) {
		s.say("%v; the dashboard shows it and cannot command.", held)
		return s.show(ctx, log)
	}
	if err != nil {
		return err
	}
	loop := s.loop(file, log)
	untell := context.AfterFunc(ctx, func() { s.note(log, stopping) })
	defer untell()
	return errors.Join(s.with(ctx, file, loop, log, loop.Run), file.Close())
}

// loop makes the loop of a file. Its runs never ask the dashboard itself.
func (s *server) loop(file *store.File, log *slog.Logger) *pipeline.Loop {
	return pipeline.NewLoop(pipeline.LoopConfig{File: file, Log: log, Prepare: func(o *pipeline.Order) {
		s.steady()
		o.Guard = fetch.NewGuard(o.Site.Policy.AllowNets, s.own())
		rules, err := s.ownRules(o.Site.Policy.RulesDir)
		if err != nil {
			log.Error("the rules of a site cannot be read", "site", o.Site.Name, "error", err)
		}
		o.Rules = rules
	}})
}

// own is where this program listens.
func (s *server) own() []netip.AddrPort {
	address, err := netip.ParseAddrPort(s.listener.Addr().String())
	if err != nil {
		return nil // a listener that no crawl can reach
	}
	return []netip.AddrPort{address}
}

// show serves the dashboard of a file that another sonde writes.
func (s *server) show(ctx context.Context, log *slog.Logger) error {
	file, err := s.openForReading(ctx)
	if err != nil {
		return err
	}
	wait := func(ctx context.Context) error { <-ctx.Done(); return nil }
	return errors.Join(s.with(ctx, file, nil, log, wait), file.Close())
}

// with serves the dashboard of a file until do is done and ctx has ended, or until it
// cannot be served. What do says is returned.
func (s *server) with(ctx context.Context, file *store.File, loop *pipeline.Loop, log *slog.Logger, do func(context.Context) error) error {
	book, err := accounts.Open(ctx, s.dbPath+accounts.Ending, nil)
	if err != nil {
		return err
	}
	defer book.Close()
	board, err := s.dashboard(ctx, file, loop, book, log)
	if err != nil {
		return err
	}
	if s.listener, err = s.listenAt(ctx); err != nil {
		return err
	}
	if err := s.greet(ctx, book, log); err != nil {
		return errors.Join(err, s.listener.Close())
	}
	serving, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var served sync.WaitGroup
	served.Go(func() { cancel(board.Serve(ctx, s.listener)) })
	err = do(serving)
	served.Wait()
	if cause := context.Cause(serving); cause != nil && !errors.Is(cause, context.Canceled) {
		err = errors.Join(err, fmt.Errorf("serving the dashboard: %w", cause))
	}
	return err
}

// during serves the dashboard while do makes runs, and afterwards until ctx ends.
func (s *server) during(ctx context.Context, file *store.File, do func(context.Context) error) error {
	if err := s.check(); err != nil {
		return err
	}
	log, err := s.logger()
	if err != nil {
		return err
	}
	loop := s.loop(file, log)
	s.makeRun = loop.Crawl
	return s.with(ctx, file, loop, log, func(ctx context.Context) error {
		looping := make(chan error, 1)
		go func() { looping <- loop.Run(ctx) }()
		err := do(ctx)
		if ctx.Err() == nil {
			s.warn("The dashboard stays at %s/ until Ctrl-C.", s.url())
		}
		return errors.Join(err, <-looping)
	})
}

// check holds that the flags go together, before anything is opened.
func (s *server) check() error {
	if (s.cert == "") != (s.key == "") {
		return usagef("--tls-cert and --tls-key go together: one is missing")
	}
	for _, text := range s.proxies {
		network, err := parseNet(text)
		if err != nil {
			return usagef("--behind-proxy %q: %w", text, err)
		}
		s.proxyPrefixes = append(s.proxyPrefixes, network)
	}
	if _, _, err := net.SplitHostPort(s.listen); err != nil {
		return usagef("--listen %q: an address and a port are wanted, such as %s", s.listen, usualListen)
	}
	return nil
}

// loopback reports whether only this machine reaches the address to listen at.
func (s *server) loopback() bool {
	host, _, err := net.SplitHostPort(s.listen)
	if err != nil {
		return false
	}
	address, err := netip.ParseAddr(host)
	return err == nil && address.IsLoopback() || host == "localhost"
}

// login reports whether people have to log in.
func (s *server) login() bool { return s.public || !s.loopback() || len(s.proxyPrefixes) > 0 }

// secure reports whether browsers speak TLS with us or with the proxy before us.
func (s *server) secure() bool { return s.cert != "" || len(s.proxyPrefixes) > 0 }

func (s *server) dashboard(ctx context.Context, file *store.File, loop *pipeline.Loop, book *accounts.Book, log *slog.Logger) (*dashboard.Server, error) {
	if err := s.admits(ctx, book); err != nil {
		return nil, err
	}
	config := dashboard.Config{
		File: file, Accounts: book, Login: s.login(), HTTPS: s.secure(), Hosts: s.names(), Proxies: s.proxyPrefixes,
		Fields: policyFields(), Version: version, UserAgent: userAgent, Log: log,
	}
	if loop != nil {
		config.Control = pipeline.NewControl(loop)
	}
	return dashboard.New(ctx, config)
}

// admits refuses to serve where somebody else could reach a dashboard that nobody has
// to log in to, or could listen to passwords.
func (s *server) admits(ctx context.Context, book *accounts.Book) error {
	if !s.login() {
		return nil
	}
	users, err := book.Users(ctx)
	switch {
	case err != nil:
		return err
	case len(users) == 0 && !s.loopback():
		return usagef("%s can be reached by others, and there is no account to log in with. Make one first:\n  sonde user add admin --role admin%s\nor serve this machine only, where the first start gives a link to make one:\n  sonde serve --require-login%s",
			s.listen, s.dbFlag(), s.dbFlag())
	case !s.secure() && !s.loopback():
		return usagef("%s can be reached by others, who could read passwords on their way. Speak TLS:\n  sonde serve --listen %s --tls-cert FILE --tls-key FILE%s\nor stand behind a proxy that does:\n  sonde serve --listen %s --behind-proxy NETWORK%s",
			s.listen, s.listen, s.dbFlag(), s.listen, s.dbFlag())
	}
	return nil
}

// names are what the dashboard is called in URLs: what was allowed, and the address
// that it listens at.
func (s *server) names() []string {
	host, _, _ := net.SplitHostPort(s.listen) // checked before
	names := slices.Clone(s.hosts)
	if address, err := netip.ParseAddr(host); err == nil && !address.IsUnspecified() {
		names = append(names, host)
	}
	return names
}

// listenAt opens the port. Where nobody chose it and it is taken, the next that is free
// will do.
func (s *server) listenAt(ctx context.Context) (net.Listener, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", s.listen)
	if err != nil && s.listen == usualListen {
		listener, err = config.Listen(ctx, "tcp", "127.0.0.1:0")
	}
	if err != nil {
		return nil, fmt.Errorf("listening at %s: %w; name another address with --listen", s.listen, err)
	}
	if s.cert == "" {
		return listener, nil
	}
	pair, err := tls.LoadX509KeyPair(s.cert, s.key)
	if err != nil {
		return nil, errors.Join(usagef("--tls-cert, --tls-key: %w", err), listener.Close())
	}
	return tls.NewListener(listener, &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}}), nil
}

// note says something to whoever reads standard error: people, or a program where the
// log is JSON.
func (s *server) note(log *slog.Logger, text string) {
	if s.logFormat == "json" {
		log.Info(text)
		return
	}
	s.warn("%s", text)
}

// greet says where the dashboard is, and how the first user is made: by a link that is no
// part of the log, since it lets in who has it.
func (s *server) greet(ctx context.Context, book *accounts.Book, log *slog.Logger) error {
	s.note(log, fmt.Sprintf("The dashboard is at %s/ (Ctrl-C ends it).", s.url()))
	users, err := book.Users(ctx)
	if err != nil || !s.login() || len(users) > 0 {
		return err
	}
	link, err := book.NewSetup(ctx)
	if err == nil {
		s.warn("Nobody can log in yet. Within 30 minutes, and once, an account can be made at\n  %s/setup?key=%s", s.url(), link)
	}
	return err
}

// url is where the dashboard is, as far as this machine can tell.
func (s *server) url() string {
	scheme := "http://"
	if s.cert != "" {
		scheme = "https://"
	}
	address := s.listener.Addr().String()
	if host, port, err := net.SplitHostPort(address); err == nil && len(s.hosts) > 0 && host != "127.0.0.1" {
		address = net.JoinHostPort(s.hosts[0], port)
	}
	return scheme + address
}

// logger writes to standard error.
func (s *server) logger() (*slog.Logger, error) {
	level := slog.LevelInfo
	if s.quiet {
		level = slog.LevelWarn
	}
	options := &slog.HandlerOptions{Level: level, ReplaceAttr: cleaned}
	switch s.logFormat {
	case "text":
		return slog.New(slog.NewTextHandler(s.stderr, options)), nil
	case "json":
		return slog.New(slog.NewJSONHandler(s.stderr, options)), nil
	}
	return nil, usagef("--log %q: text or json is wanted", s.logFormat)
}

// cleaned takes what must not stand in a log out of a value: control characters, and
// credentials in URLs.
func cleaned(_ []string, attr slog.Attr) slog.Attr {
	if attr.Value.Kind() != slog.KindString && attr.Value.Kind() != slog.KindAny {
		return attr
	}
	text := attr.Value.String()
	if safe := withoutSecrets(text); safe != text {
		return slog.String(attr.Key, safe)
	}
	return attr
}

// withoutSecrets writes a text without control characters, and without the user and
// password of URLs in it and the values of parameters that carry credentials.
func withoutSecrets(text string) string {
	words := strings.Split(printable(text), " ")
	for i, word := range words {
		words[i] = withoutUserinfo(word)
	}
	return strings.Join(words, " ")
}

func withoutUserinfo(word string) string {
	scheme, rest, isURL := strings.Cut(word, "://")
	if !isURL {
		return word
	}
	authority, path := rest, ""
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		authority, path = rest[:i], rest[i:]
	}
	if i := strings.LastIndexByte(authority, '@'); i >= 0 {
		authority = authority[i+1:]
	}
	path, fragment, fragmented := strings.Cut(path, "#")
	path, query, has := strings.Cut(path, "?")
	if has {
		path += "?" + withoutSecretValues(query)
	}
	if fragmented {
		path += "#" + withoutSecretValues(fragment)
	}
	return scheme + "://" + authority + path
}

// isSecretParameter reports whether a parameter of this name may carry a credential.
func isSecretParameter(name string) bool {
	name = strings.ToLower(name)
	return isSecret(name) || slices.ContainsFunc([]string{"sig", "pass", "pwd"}, func(w string) bool { return strings.Contains(name, w) })
}

func withoutSecretValues(query string) string {
	pairs := strings.Split(query, "&")
	for i, pair := range pairs {
		if name, _, has := strings.Cut(pair, "="); has && isSecretParameter(name) {
			pairs[i] = name + "=…"
		}
	}
	return strings.Join(pairs, "&")
}
