package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"sonde"
	"sonde/crawler/fetch"
	"sonde/crawler/weburl"
)

// getting is sonde get with its flags.
type getting struct {
	*app
	include, head, follow, insecure, timing, json bool

	path    string   // of the file to write to; "": standard output
	method  string   // "": what the other flags ask for
	data    string   // of the request; @FILE is the content of a file
	headers []string // of the request
	pins    []string // HOST:PORT:ADDR
	timeout string   // of a hop
}

func newGetCommand(a *app) *cobra.Command {
	g := &getting{app: a}
	command := &cobra.Command{
		Use:   "get URL",
		Short: "Get one URL, and see how that went",
		Long: `Get one URL and write the body to standard output, decoded of its
Content-Encoding and otherwise as it came. Nothing is crawled or recorded.

What was typed may be any address; a redirect may not lead to one that is more
private. Header fields of -H go to the host that was typed and to no other.

The exit code is 0 when an answer came whole, whatever its status, and 1
otherwise; standard error then names the failure.`,
		Example: `  sonde get https://example.org/
  sonde get -I -L example.org                     the header of every hop
  sonde get --timing -o page.html example.org     how long the phases took
  sonde get -d 'q=sonde' -H 'Accept: text/plain' https://example.org/search
  sonde get --resolve example.org:443:192.0.2.7 https://example.org/`,
		Args: arguments(1, 1, "one URL, such as https://example.org/"),
		RunE: func(command *cobra.Command, args []string) error {
			return g.run(command.Context(), args[0], command.Flags().Changed("data"))
		},
	}
	flags := command.Flags()
	flags.BoolVarP(&g.include, "include", "i", false, "write the header of the answer too, before its body")
	flags.BoolVarP(&g.head, "head", "I", false, "ask for the header alone (HEAD), and write it")
	flags.StringVarP(&g.path, "output", "o", "", "write to this `FILE`, which appears when all has come")
	flags.StringArrayVarP(&g.headers, "header", "H", nil, "send this header field, `K:V`; may be repeated")
	flags.StringVarP(&g.data, "data", "d", "", "send this `DATA` (POST); @FILE sends a file, @- standard input")
	flags.StringVarP(&g.method, "request", "X", "", "ask with this `METHOD`")
	flags.BoolVarP(&g.follow, "location", "L", false, "follow redirects")
	flags.BoolVarP(&g.insecure, "insecure", "k", false, "accept a certificate that does not verify")
	flags.StringArrayVar(&g.pins, "resolve", nil, "dial this address for the host and port, whatever the DNS says, `HOST:PORT:ADDR`; may be repeated")
	flags.StringVar(&g.timeout, "timeout", "", "give up a hop that takes longer than this `TIME` in all")
	flags.BoolVar(&g.timing, "timing", false, "tell on standard error how long the phases of every hop took")
	flags.BoolVar(&g.json, "json", false, "write one JSON document with all hops; with -o it leaves the body to the file")
	return command
}

// A hop is one request on the way, and its answer.
type hop struct {
	url, method string
	fetch.Answer
}

func (g *getting) run(ctx context.Context, typed string, withData bool) error {
	first, err := typedURL(typed)
	if err != nil {
		return err
	}
	request, err := g.request(first, withData)
	if err != nil {
		return err
	}
	fetcher, guard, err := g.fetcher(first, withData)
	if err != nil {
		return err
	}
	defer fetcher.Close()
	g.authorise(ctx, guard, fetcher, first)
	return g.write(func(to io.Writer) error { return g.follows(ctx, fetcher, request, to) })
}

// typedURL completes what was typed. Only spelling that means the same to every server
// is changed.
func typedURL(typed string) (string, error) {
	full, err := weburl.Typed(typed)
	if err != nil {
		return "", usagef("%w", err)
	}
	if u, err := url.Parse(full); err == nil && u.User != nil {
		return "", usagef("a URL with a password in it ends up where passwords should not; say -H 'Authorization: …' instead")
	}
	resolved := weburl.NewCanonicalizer(nil).Canonical(full)
	if resolved.Reason != "" {
		return "", usagef("%s", refused(resolved))
	}
	return orElse(resolved.Original, resolved.URL), nil
}

// anySize is more than any body has; where the body is to be held in memory, the usual
// limit holds.
const anySize = 1 << 50

// request is the first request that the flags ask for.
func (g *getting) request(first string, withData bool) (fetch.Request, error) {
	r := fetch.Request{URL: first, Method: g.method, MaxBody: anySize, Secrets: true}
	if g.holds() {
		r.MaxBody, r.Keep = 0, true
	}
	switch {
	case g.head && withData:
		return r, usagef("-I asks without content, so -d does not go with it")
	case g.method != "" && !validMethod(g.method):
		return r, usagef("-X %q: the name of a method is wanted, such as PUT", g.method)
	case withData:
		content, err := g.content()
		r.Content, r.Method = content, orElse(r.Method, http.MethodPost)
		return r, err
	case g.head:
		r.Method = orElse(r.Method, http.MethodHead)
	}
	r.Method = orElse(r.Method, http.MethodGet)
	return r, nil
}

// holds reports whether the body goes into the document, and so is held in memory.
func (g *getting) holds() bool { return g.json && (g.path == "" || g.path == "-") }

// validMethod reports whether a text is a token (RFC 9110, section 9.1).
func validMethod(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool {
		return r <= ' ' || r >= 0x7f || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r)
	})
}

// content reads what -d names. It is never nil, so that nothing is sent as nothing.
func (g *getting) content() ([]byte, error) {
	name, isFile := strings.CutPrefix(g.data, "@")
	if !isFile {
		return []byte(g.data), nil
	}
	read := func() ([]byte, error) { return os.ReadFile(name) }
	if name == "-" {
		read = func() ([]byte, error) { return io.ReadAll(g.stdin) }
	}
	content, err := read()
	if err != nil {
		return nil, usagef("-d %s: %w", g.data, err)
	}
	return append([]byte{}, content...), nil
}

// fetcher makes a fetcher that trusts what was typed.
func (g *getting) fetcher(first string, withData bool) (*fetch.Fetcher, *fetch.Guard, error) {
	policy, err := g.policy(withData)
	if err != nil {
		return nil, nil, err
	}
	pins, err := parsePins(g.pins)
	if err != nil {
		return nil, nil, err
	}
	guard := fetch.NewGuard(nil, nil)
	for place, address := range pins {
		host, port, _ := strings.Cut(place, ":")
		guard.Authorise(host, port, []netip.Addr{address})
	}
	host := weburl.Split(first).Host
	fetcher, err := fetch.New(fetch.Config{
		Policy: policy, Guard: guard, Pins: pins, Concurrency: 1,
		Trusted: func(asked string) bool { return asked == strings.Trim(host, "[]") },
	})
	return fetcher, guard, err
}

// patience is how long a hop may take where nobody says: a large file takes a while.
const patience = 24 * time.Hour

// policy is what the flags make of the usual policy.
func (g *getting) policy(withData bool) (sonde.Policy, error) {
	p := sonde.DefaultPolicy()
	p.UserAgent, p.Insecure = userAgent, g.insecure
	p.Timeouts.Total, p.Timeouts.Idle = patience, time.Minute
	if g.timeout != "" {
		total, err := parsePositive(g.timeout)
		if err != nil {
			return p, usagef("--timeout %q: %w", g.timeout, err)
		}
		p.Timeouts = sonde.Timeouts{Connect: total, FirstByte: total, Idle: total, Total: total}
	}
	var others []string
	for _, text := range g.headers {
		if name, value, err := parseHeader(text); err == nil && strings.EqualFold(name, "User-Agent") {
			p.UserAgent = value
			continue
		}
		others = append(others, text)
	}
	if err := headers(&p, others); err != nil {
		return p, usagef("-H: %w", err)
	}
	if _, given := p.Headers["Content-Type"]; withData && !given {
		p.Headers["Content-Type"] = []string{"application/x-www-form-urlencoded"}
	}
	return p, nil
}

// authorise lets the place that was typed be private.
func (g *getting) authorise(ctx context.Context, guard *fetch.Guard, fetcher *fetch.Fetcher, first string) {
	place := weburl.Split(first)
	addresses, err := fetcher.Lookup(ctx, place.Host)
	if err == nil { // and otherwise the request will say why
		guard.Authorise(place.Host, place.DialPort(), addresses)
	}
}

// write opens the output for do. A file appears only when do has ended well.
func (g *getting) write(do func(io.Writer) error) error {
	if g.path == "" || g.path == "-" {
		return do(g.stdout)
	}
	target, err := g.target(g.path)
	if err != nil {
		return err
	}
	return target.finish(do(target))
}

// follows makes the requests one after the other, as far as they lead, and shows them.
func (g *getting) follows(ctx context.Context, fetcher *fetch.Fetcher, r fetch.Request, to io.Writer) error {
	shown := &showing{getting: g, to: to}
	var hops []hop
	for {
		r.Sink = shown.body
		h := hop{r.URL, r.Method, fetcher.Do(ctx, r)}
		if err := errors.Join(ctx.Err(), shown.err); err != nil {
			return err
		}
		next, leads := g.next(&h, r, len(hops))
		hops = append(hops, h)
		if g.timing {
			g.tellTiming(h)
		}
		if !leads {
			break
		}
		r = next
	}
	return errors.Join(shown.end(hops), outcome(hops[len(hops)-1]))
}

// outcome is the error of a hop that gave no answer, or not the whole.
func outcome(h hop) error {
	switch {
	case h.Failure != sonde.NoFailure:
		return fmt.Errorf("%s: %s (%s)", h.url, strings.TrimSuffix(h.Detail, "."), h.Failure)
	case h.Fetch != nil && h.Fetch.Truncated:
		return fmt.Errorf("%s: %s (%s)", h.url, strings.TrimSuffix(h.Detail, "."), sonde.ShortBody)
	}
	return nil
}

// redirects reports whether an answer leads elsewhere and is to be followed.
func (g *getting) redirects(f *sonde.Fetch) bool {
	location := func(field sonde.HeaderField) bool { return field.Name == "Location" }
	return g.follow && slices.Contains([]int{301, 302, 303, 307, 308}, f.Status) && slices.ContainsFunc(f.Header, location)
}

// next is the request that an answer leads to, if it leads anywhere. Where it cannot be
// followed, the hop gets the failure.
func (g *getting) next(h *hop, r fetch.Request, before int) (fetch.Request, bool) {
	if h.Failure != sonde.NoFailure || h.Fetch == nil || !g.redirects(h.Fetch) {
		return r, false
	}
	urls := weburl.NewCanonicalizer(nil)
	to := weburl.Resolved{URL: h.Location, Reason: sonde.Malformed}
	if base, err := urls.Base(r.URL); err == nil {
		to = urls.Resolve(base, h.Location)
	}
	switch {
	case to.Reason != "":
		h.Failure, h.Detail = sonde.BadLocation, sonde.Tidy(fmt.Sprintf("status %d leads to %q, which is no URL to go to", h.Fetch.Status, h.Location))
		return r, false
	case before >= sonde.MaxRedirects:
		h.Failure, h.Detail = sonde.RedirectLimit, fmt.Sprintf("%d redirects in a row, and the last leads on to %s", before, to.URL)
		return r, false
	}
	r.URL = orElse(to.Original, to.URL)
	if h.Fetch.Status < 307 && r.Method != http.MethodHead { // RFC 9110, section 15.4: what all clients do
		r.Method, r.Content = http.MethodGet, nil
	}
	return r, true
}

// parsePins reads HOST:PORT:ADDR, as the fetcher wants it: by "host:port".
func parsePins(texts []string) (map[string]netip.Addr, error) {
	pins := map[string]netip.Addr{}
	for _, text := range texts {
		host, rest, _ := strings.Cut(text, ":")
		port, address, _ := strings.Cut(rest, ":")
		_, portFault := parseCount(port, 1, 65535)
		ip, fault := netip.ParseAddr(strings.Trim(address, "[]"))
		if host == "" || portFault != nil || fault != nil {
			return nil, usagef("--resolve %q: HOST:PORT:ADDR is wanted, such as example.org:443:192.0.2.7", text)
		}
		pins[strings.ToLower(host)+":"+port] = ip
	}
	return pins, nil
}
