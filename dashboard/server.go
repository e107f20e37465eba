package dashboard

import (
	"compress/gzip"
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"

	"sonde/accounts"
	"sonde/store"
)

// Config is what a dashboard is made of.
type Config struct {
	File      *store.File
	Control   Control        // nil: another sonde writes the file, and this one only shows it
	Accounts  *accounts.Book //
	Login     bool           // everybody has to log in; otherwise everybody is an admin
	HTTPS     bool           // browsers speak TLS, with us or with the proxy before us
	Hosts     []string       // names that requests may give this server, besides those of loopback
	Proxies   []netip.Prefix // the only peers, where there are any
	Fields    []Field        // what can be said about the policy of a site
	Version   string         // of the program
	UserAgent string         // of new sites
	Log       *slog.Logger   // nil: silence
}

// Server is a dashboard.
type Server struct {
	Config
	hosts    []string
	echo     *echo.Echo
	attempts attempts      // to log in
	console  chan struct{} // a place for each that asks in SQL
	schemas  []store.View  // the public views, in their order
	views    map[string]store.View
}

// loopbackNames are how a machine calls itself.
var loopbackNames = []string{"localhost", "127.0.0.1", "::1"}

// New makes a dashboard.
func New(ctx context.Context, config Config) (*Server, error) {
	schemas, err := config.File.Schema(ctx)
	if err != nil {
		return nil, err
	}
	s := &Server{Config: config, console: make(chan struct{}, consoles), schemas: schemas, views: map[string]store.View{}}
	for _, v := range schemas {
		s.views[v.Name] = v
	}
	if s.Log == nil {
		s.Log = slog.New(slog.DiscardHandler)
	}
	s.hosts = append(s.hosts, loopbackNames...)
	for _, host := range config.Hosts {
		s.hosts = append(s.hosts, hostOf(host))
	}
	s.echo = echo.New()
	s.echo.HideBanner, s.echo.HidePort = true, true
	s.echo.IPExtractor = echo.ExtractIPDirect()
	s.echo.HTTPErrorHandler = s.fail
	s.echo.Pre(headed)
	s.echo.Use(s.secure, s.logged, packed, s.recovered, s.known, s.sameOrigin, s.identified)
	for _, r := range s.routes() {
		s.echo.Add(r.method, r.path, s.entitled(r))
	}
	return s, nil
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.echo.ServeHTTP(w, r) }

// How long a client may take. Exports and live pages lift the limit on the answer.
const (
	headerTime = 10 * time.Second
	bodyTime   = 30 * time.Second
	answerTime = 60 * time.Second
	idleTime   = 2 * time.Minute
	endingTime = 3 * time.Second
)

// Serve answers what comes in until ctx ends, and then what is on its way.
func (s *Server) Serve(ctx context.Context, listener net.Listener) error {
	base, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	server := &http.Server{
		Handler:           s,
		ReadHeaderTimeout: headerTime,
		ReadTimeout:       bodyTime,
		WriteTimeout:      answerTime,
		IdleTimeout:       idleTime,
		MaxHeaderBytes:    64 << 10,
		BaseContext:       func(net.Listener) context.Context { return base },
		ErrorLog:          slog.NewLogLogger(s.Log.Handler(), slog.LevelDebug),
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	cancel() // live pages and exports end
	ending, stop := context.WithTimeout(context.WithoutCancel(ctx), endingTime)
	defer stop()
	err := errors.Join(server.Shutdown(ending), server.Close())
	if served := <-served; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	if errors.Is(err, context.DeadlineExceeded) { // a client that did not take its answer
		return nil
	}
	return err
}

// headed answers HEAD as GET is answered; net/http leaves the body out.
func headed(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if c.Request().Method == http.MethodHead {
			c.Request().Method = http.MethodGet
		}
		return next(c)
	}
}

// logged writes a line for every request.
func (s *Server) logged(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		began := time.Now()
		err := next(c)
		if err != nil {
			c.Error(err)
		}
		s.Log.Debug("request", "method", c.Request().Method, "path", c.Request().URL.Path,
			"status", c.Response().Status, "took", time.Since(began).Round(time.Millisecond), "peer", c.RealIP())
		return nil
	}
}

// packed compresses answers, but for those that come bit by bit: in the way that takes least
// time, a third of what the usual one takes, for pages that become a sixth larger.
var packed = middleware.GzipWithConfig(middleware.GzipConfig{
	Level:     gzip.BestSpeed,
	MinLength: 1024,
	Skipper:   func(c echo.Context) bool { return strings.HasPrefix(c.Request().URL.Path, "/events") },
})

// recovered turns a panic of a handler into an error.
func (s *Server) recovered(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) (err error) {
		defer func() {
			if r := recover(); r != nil && r != http.ErrAbortHandler {
				s.Log.Error("a page crashed", "path", c.Request().URL.Path, "panic", r)
				err = echo.ErrInternalServerError
			} else if r != nil {
				panic(r)
			}
		}()
		return next(c)
	}
}

// wantsJSON reports whether an answer is for a program.
func wantsJSON(r *http.Request) bool {
	return strings.HasPrefix(r.URL.Path, "/api/") || strings.HasSuffix(r.URL.Path, "json")
}
