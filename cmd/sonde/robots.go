package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"

	"github.com/spf13/cobra"

	"sonde"
	"sonde/crawler"
	"sonde/crawler/robots"
	"sonde/crawler/weburl"
)

func newRobotsCommand(a *app) *cobra.Command {
	return group(&cobra.Command{
		Use:     "robots",
		Short:   "Ask what robots.txt says",
		Example: "  sonde robots check https://example.org/private/",
	}, newRobotsCheckCommand(a))
}

// robotsCheck is sonde robots check with its flags.
type robotsCheck struct {
	*app
	agent string
	file  string
	format
}

func newRobotsCheckCommand(a *app) *cobra.Command {
	c := &robotsCheck{app: a}
	command := &cobra.Command{
		Use:   "check URL...",
		Short: "Say whether robots.txt allows URLs, and which line decides",
		Long: `Say whether robots.txt allows each URL (RFC 9309), and which line decides. The
robots.txt of each site is fetched, unless --file names one.

The exit code is 0 whatever is allowed, and 1 where a robots.txt could not be
read.`,
		Example: `  sonde robots check https://example.org/private/
  sonde robots check --agent Googlebot https://example.org/search
  sonde robots check --file robots.txt --ndjson https://example.org/private/`,
		Args: arguments(1, -1, "a URL, such as https://example.org/private/"),
		RunE: func(command *cobra.Command, urls []string) error { return c.run(command.Context(), urls) },
	}
	command.Flags().StringVar(&c.agent, "agent", "Sonde", "the robot that asks, by `NAME` or whole user agent")
	command.Flags().StringVar(&c.file, "file", "", "read the robots.txt in this `FILE`; - is standard input")
	c.format.add(command.Flags())
	return command
}

func (c *robotsCheck) run(ctx context.Context, texts []string) error {
	if err := c.check(); err != nil {
		return err
	}
	urls, err := readURLs(texts)
	if err != nil {
		return err
	}
	token := robots.ProductToken(c.agent)
	if token == "" && c.agent != "*" {
		return usagef("--agent %q: a name in letters is wanted, such as Googlebot, or *", c.agent)
	}
	rulings, err := c.rulings(ctx, urls, token)
	if err != nil {
		return err
	}
	if err := c.write(urls, orElse(token, "*"), rulings); err != nil {
		return err
	}
	return c.unread(urls, rulings)
}

// readURLs completes the URLs that were typed.
func readURLs(texts []string) ([]string, error) {
	canonical := weburl.NewCanonicalizer(nil)
	urls := make([]string, len(texts))
	for i, text := range texts {
		typed, err := weburl.Typed(text)
		if err != nil {
			return nil, usagef("%w", err)
		}
		url := canonical.Canonical(typed)
		if url.Reason != "" {
			return nil, usagef("%s", refused(url))
		}
		urls[i] = url.URL
	}
	return urls, nil
}

func (c *robotsCheck) rulings(ctx context.Context, urls []string, token string) ([]crawler.Ruling, error) {
	if c.file != "" {
		return c.read(urls, token)
	}
	policy := sonde.DefaultPolicy()
	policy.UserAgent, policy.Retries = userAgent, 0
	return crawler.Rulings(ctx, crawler.Config{Site: sonde.Site{Name: "robots", Seeds: urls, Policy: policy}}, token)
}

// read takes the rulings from a robots.txt in a file, and says what is wrong with it.
func (c *robotsCheck) read(urls []string, token string) ([]crawler.Ruling, error) {
	body, err := c.content()
	if err != nil {
		return nil, fmt.Errorf("reading the robots.txt: %w", err)
	}
	file := robots.Parse(body)
	for _, problem := range file.Problems() {
		c.say("%s:%d: %s", c.file, problem.Line, problem.Text)
	}
	rules := file.For(token)
	rulings := make([]crawler.Ruling, len(urls))
	for i, url := range urls {
		rulings[i] = crawler.Ruling{Decision: rules.Decide(url), Status: 200}
	}
	return rulings, nil
}

// maxRobots is how much of a file is looked at: more than any robot reads.
const maxRobots = 1 << 20

func (c *robotsCheck) content() ([]byte, error) {
	if c.file == "-" {
		return io.ReadAll(io.LimitReader(c.stdin, maxRobots))
	}
	file, err := os.Open(c.file)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(io.LimitReader(file, maxRobots))
}

// shownRuling is a ruling as JSON.
type shownRuling struct {
	URL     string `json:"url"`
	Agent   string `json:"agent"`
	Allowed bool   `json:"allowed"`
	Line    int    `json:"line"` // 0: no line decided
	Rule    string `json:"rule"`
}

func (c *robotsCheck) write(urls []string, agent string, rulings []crawler.Ruling) error {
	shown := make([]shownRuling, len(rulings))
	for i, r := range rulings {
		shown[i] = shownRuling{urls[i], agent, r.Allowed, r.Line, r.Rule}
	}
	encoder := json.NewEncoder(c.stdout)
	encoder.SetEscapeHTML(false)
	switch {
	case c.json:
		encoder.SetIndent("", "  ")
		return encoder.Encode(shown)
	case c.ndjson:
		for _, r := range shown {
			if err := encoder.Encode(r); err != nil {
				return err
			}
		}
		return nil
	}
	return c.writeRows(shown)
}

func (c *robotsCheck) writeRows(shown []shownRuling) error {
	w := c.rows(c.format)
	if err := w.Columns([]string{"url", "agent", "allowed", "line", "rule"}); err != nil {
		return err
	}
	for _, r := range shown {
		w.Text([]byte(r.URL))
		w.Text([]byte(r.Agent))
		w.Text([]byte(strconv.FormatBool(r.Allowed)))
		w.Integer(int64(r.Line))
		w.Text([]byte(r.Rule))
		if err := w.EndRow(); err != nil {
			return err
		}
	}
	return w.Close()
}

// unread says of which sites robots.txt could not be read.
func (c *robotsCheck) unread(urls []string, rulings []crawler.Ruling) error {
	told := map[string]bool{}
	for i, r := range rulings {
		origin := weburl.Origin(urls[i])
		if r.Reason == "" || told[origin] {
			continue
		}
		told[origin] = true
		why := r.Detail
		if r.Status != 0 {
			why = fmt.Sprintf("it answered with status %d", r.Status)
		}
		c.warn("sonde: %s/robots.txt could not be read, so nothing may be asked: %s", origin, why)
	}
	if len(told) > 0 {
		return &endError{code: exitError}
	}
	return nil
}
