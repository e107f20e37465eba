package main

import (
	"errors"
	"math"
	"net/http"
	"net/netip"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/net/http/httpguts"

	"sonde"
	"sonde/crawler/robots"
)

// A policyFlag is a flag of crawl that says one thing about the policy.
type policyFlag struct {
	group    string // the heading in the help
	name     string
	unit     string // stands for the value in the help; "" for a switch
	usage    string
	fallback string // the default, as the help shows it
	many     bool   // it may be given again and again
	apply    func(p *sonde.Policy, texts []string) error
}

// The headings of the help, in their order.
const (
	groupReach = "What belongs to the site"
	groupLimit = "How far it goes"
	groupPace  = "How fast it goes"
	groupAsk   = "How it asks"
	groupKeep  = "What is kept"
	groupJudge = "How it is judged"
)

// maxConcurrency is how many requests at once are believed to be meant.
const maxConcurrency = 10_000

var policyFlags = []policyFlag{
	{group: groupReach, name: "scope", unit: "KIND", fallback: "host",
		usage: "host: the hosts of the URLs; domain: their registered domains; prefix: their directories",
		apply: set(func(p *sonde.Policy) *sonde.ScopeKind { return &p.Scope.Kind },
			choice(sonde.ScopeHost, sonde.ScopeDomain, sonde.ScopePrefix))},
	{group: groupReach, name: "include", unit: "RE", many: true,
		usage: "only URLs that match this regular expression, or another of these",
		apply: expressions(func(p *sonde.Policy) *[]string { return &p.Scope.Include })},
	{group: groupReach, name: "exclude", unit: "RE", many: true,
		usage: "no URLs that match this regular expression",
		apply: expressions(func(p *sonde.Policy) *[]string { return &p.Scope.Exclude })},
	{group: groupReach, name: "robots", unit: "WORD", fallback: "obey",
		usage: "what robots.txt means: obey or ignore",
		apply: set(func(p *sonde.Policy) *sonde.RobotsPolicy { return &p.Robots }, choice(sonde.ObeyRobots, sonde.IgnoreRobots))},
	{group: groupReach, name: "sitemaps", fallback: "true",
		usage: "read sitemaps for URLs",
		apply: set(func(p *sonde.Policy) *bool { return &p.Sitemaps }, parseSwitch)},
	{group: groupReach, name: "follow-nofollow",
		usage: "follow links that say rel=nofollow",
		apply: set(func(p *sonde.Policy) *bool { return &p.FollowNofollow }, parseSwitch)},
	{group: groupReach, name: "external",
		usage: "check links to other sites, once each",
		apply: set(func(p *sonde.Policy) *bool { return &p.External }, parseSwitch)},
	{group: groupReach, name: "drop-param", unit: "NAME", many: true,
		usage: "drop this query parameter from URLs, besides the known trackers; NAME* drops all that begin so, none keeps all",
		apply: dropParams},

	{group: groupLimit, name: "depth", unit: "N", fallback: "none",
		usage: "clicks from the URLs given; none: no limit",
		apply: set(func(p *sonde.Policy) *int { return &p.MaxDepth }, parseLimit)},
	{group: groupLimit, name: "max-pages", unit: "N",
		usage: "end after so many URLs were asked for; 0: no limit",
		apply: set(func(p *sonde.Policy) *int { return &p.MaxPages }, whole(0, math.MaxInt))},
	{group: groupLimit, name: "max-time", unit: "TIME",
		usage: "end after so long, such as 30m; 0: no limit",
		apply: set(func(p *sonde.Policy) *time.Duration { return &p.MaxTime }, parseDuration)},
	{group: groupLimit, name: "max-bytes", unit: "SIZE",
		usage: "end after so much was received, such as 2GiB; 0: no limit",
		apply: set(func(p *sonde.Policy) *int64 { return &p.MaxBytes }, parseSize)},

	{group: groupPace, name: "rate", unit: "R", fallback: "10",
		usage: "requests a second on one host; 0: no limit",
		apply: set(func(p *sonde.Policy) *float64 { return &p.Rate }, parseRate)},
	{group: groupPace, name: "per-host", unit: "N", fallback: "4",
		usage: "requests at once on one host",
		apply: set(func(p *sonde.Policy) *int { return &p.PerHost }, whole(1, maxConcurrency))},
	{group: groupPace, name: "concurrency", unit: "N", fallback: "64",
		usage: "requests at once on all hosts; raised to --per-host where only that is given",
		apply: set(func(p *sonde.Policy) *int { return &p.Concurrency }, whole(1, maxConcurrency))},

	{group: groupAsk, name: "timeout", unit: "TIME", fallback: "2m",
		usage: "for one request in all; where it is given, also for its first byte, which has 20s otherwise",
		apply: timeouts},
	{group: groupAsk, name: "retries", unit: "N", fallback: "2",
		usage: "how often to try again what may pass",
		apply: set(func(p *sonde.Policy) *int { return &p.Retries }, whole(0, 100))},
	{group: groupAsk, name: "user-agent", unit: "TEXT", fallback: `"` + userAgent + `"`,
		usage: "how to introduce oneself; robots.txt is asked about the name that it begins with",
		apply: set(func(p *sonde.Policy) *string { return &p.UserAgent }, parseUserAgent)},
	{group: groupAsk, name: "header", unit: "'K: V'", many: true,
		usage: "send this header field to the site; credentials such as cookies are not stored",
		apply: headers},
	{group: groupAsk, name: "proxy", unit: "URL",
		usage: "ask through this proxy: http, https or socks5; none: directly",
		apply: proxy},
	{group: groupAsk, name: "insecure",
		usage: "accept certificates that do not verify",
		apply: set(func(p *sonde.Policy) *bool { return &p.Insecure }, parseSwitch)},
	{group: groupAsk, name: "allow-net", unit: "NET", many: true,
		usage: "let pages lead to private addresses in this network, such as 10.0.0.0/8",
		apply: allowNets},

	{group: groupAsk, name: "probe", unit: "WORD", fallback: "dns",
		usage: "what to ask about the hosts besides: off, for nothing; dns, for addresses, aliases, mail and name servers; ports, to scan those in scope too, politely",
		apply: set(func(p *sonde.Policy) *sonde.Probing { return &p.Probe }, choice(sonde.ProbeOff, sonde.ProbeDNS, sonde.ProbePorts))},
	{group: groupKeep, name: "bodies", unit: "WORD", fallback: "all",
		usage: "keep the bodies of pages: all or none",
		apply: bodies},
	{group: groupKeep, name: "max-body", unit: "SIZE", fallback: "16MiB",
		usage: "cut bodies that are larger on the wire, or twice as large decoded",
		apply: maxBody},

	{group: groupJudge, name: "rules-dir", unit: "DIR",
		usage: rulesDirUsage,
		apply: set(func(p *sonde.Policy) *string { return &p.RulesDir }, parseDir)},
	{group: groupJudge, name: "threshold", unit: "NAME=N", many: true,
		usage: thresholdUsage,
		apply: ruleThresholds},
}

// A policyValue is a policyFlag and what it was given. It is a [pflag.Value].
type policyValue struct {
	policyFlag
	texts []string
}

// Set checks a text and remembers it.
func (v *policyValue) Set(text string) error {
	var scratch sonde.Policy
	if err := v.apply(&scratch, []string{text}); err != nil {
		return err
	}
	if !v.many {
		v.texts = nil
	}
	v.texts = append(v.texts, text)
	return nil
}

func (v *policyValue) String() string {
	if len(v.texts) == 0 {
		return v.fallback
	}
	return strings.Join(v.texts, ", ")
}

// Type names what is wanted; pflag treats a bool as a switch.
func (v *policyValue) Type() string {
	if v.unit == "" {
		return "bool"
	}
	return v.unit
}

// repeats reports whether more than one value is meant.
func (v *policyValue) repeats() bool { return v.many }

// policyValues are the flags of one command that make its policy.
type policyValues []*policyValue

// addPolicyFlags gives a command all flags about the policy.
func addPolicyFlags(command *cobra.Command) policyValues {
	values := make(policyValues, len(policyFlags))
	for i, f := range policyFlags {
		values[i] = &policyValue{policyFlag: f}
		flag := command.Flags().VarPF(values[i], f.name, "", f.usage)
		if f.unit == "" {
			flag.NoOptDefVal = "true"
		}
		place(flag, f.group)
		settable(flag)
	}
	return values
}

// over returns the policy that the flags make of base. Only those that count are
// looked at.
func (values policyValues) over(base sonde.Policy, counts func(*policyValue) bool) sonde.Policy {
	p := base
	touched := map[string]bool{}
	for _, v := range values {
		if len(v.texts) > 0 && counts(v) {
			touched[v.name] = true
			_ = v.apply(&p, v.texts) // each was checked when it was set
		}
	}
	if touched["per-host"] && !touched["concurrency"] {
		p.Concurrency = max(p.Concurrency, p.PerHost)
	}
	return p
}

// new is the policy of a run that begins.
func (values policyValues) new() sonde.Policy {
	p := sonde.DefaultPolicy()
	p.UserAgent = userAgent
	return values.over(p, func(*policyValue) bool { return true })
}

// resumed is the policy of a run that goes on: its own, and what the command line
// says otherwise.
func (values policyValues) resumed(stored sonde.Policy, flags *pflag.FlagSet) sonde.Policy {
	return values.over(stored, func(v *policyValue) bool { return flags.Changed(v.name) })
}

// text is the last text that a flag was given, "" where there is none.
func (values policyValues) text(name string) string {
	for _, v := range values {
		if v.name == name && len(v.texts) > 0 {
			return v.texts[len(v.texts)-1]
		}
	}
	return ""
}

// set makes the apply of a flag whose last text is the value of one field.
func set[T any](field func(*sonde.Policy) *T, parse func(string) (T, error)) func(*sonde.Policy, []string) error {
	return func(p *sonde.Policy, texts []string) error {
		value, err := parse(texts[len(texts)-1])
		if err == nil {
			*field(p) = value
		}
		return err
	}
}

// choice makes a parser of one of a few words.
func choice[T ~string](words ...T) func(string) (T, error) {
	plain := make([]string, len(words))
	for i, w := range words {
		plain[i] = string(w)
	}
	return func(text string) (T, error) {
		word, err := parseChoice(text, plain...)
		return T(word), err
	}
}

// whole makes a parser of whole numbers.
func whole(least, most int) func(string) (int, error) {
	return func(text string) (int, error) { return parseCount(text, least, most) }
}

var errNoSwitch = errors.New("true or false is wanted")

func parseSwitch(text string) (bool, error) {
	on, err := strconv.ParseBool(text)
	if err != nil {
		return false, errNoSwitch
	}
	return on, nil
}

// expressions makes the apply of a flag that takes regular expressions.
func expressions(field func(*sonde.Policy) *[]string) func(*sonde.Policy, []string) error {
	return func(p *sonde.Policy, texts []string) error {
		for _, text := range texts {
			if err := parseRegexp(text); err != nil {
				return err
			}
		}
		*field(p) = slices.Clone(texts)
		return nil
	}
}

func dropParams(p *sonde.Policy, texts []string) error {
	names := slices.Clone(p.DropParams)
	for _, text := range texts {
		switch {
		case text == "none":
			names = []string{}
		case text == "" || strings.ContainsAny(text, "&=? "):
			return errors.New("the name of a query parameter is wanted, such as ref or utm_*")
		case !slices.Contains(names, text):
			names = append(names, text)
		}
	}
	p.DropParams = names
	return nil
}

func timeouts(p *sonde.Policy, texts []string) error {
	total, err := parsePositive(texts[len(texts)-1])
	if err != nil {
		return err
	}
	usual := sonde.DefaultPolicy().Timeouts
	p.Timeouts = sonde.Timeouts{
		Connect:   min(usual.Connect, total),
		FirstByte: total,
		Idle:      min(usual.Idle, total),
		Total:     total,
	}
	return nil
}

func parseUserAgent(text string) (string, error) {
	switch {
	case robots.ProductToken(text) == "":
		return "", errors.New("it must begin with a name in letters, such as Sonde/1.0, by which robots.txt knows the crawler")
	case !httpguts.ValidHeaderFieldValue(text):
		return "", errors.New("it holds a control character")
	}
	return text, nil
}

func headers(p *sonde.Policy, texts []string) error {
	p.Headers = map[string][]string{}
	for _, text := range texts {
		name, value, err := parseHeader(text)
		switch {
		case err != nil:
			return err
		case !httpguts.ValidHeaderFieldName(name) || !httpguts.ValidHeaderFieldValue(value):
			return errors.New("it holds a character that no header field may have")
		case slices.Contains(ownHeaders, http.CanonicalHeaderKey(name)):
			return errors.New("this one is set by Sonde itself")
		}
		name = http.CanonicalHeaderKey(name)
		p.Headers[name] = append(p.Headers[name], value)
	}
	return nil
}

// ownHeaders are the header fields that nobody may set: those of the connection, and
// the one that has a flag of its own.
var ownHeaders = []string{
	"Connection", "Content-Length", "Host", "Keep-Alive", "Proxy-Connection", "Te", "Trailer",
	"Transfer-Encoding", "Upgrade", "User-Agent",
}

// secretWords give away header fields that carry credentials, which are never stored.
var secretWords = []string{"auth", "cookie", "token", "secret", "password", "key", "session", "signature"}

// isSecret reports whether a header field of this name may carry a credential.
func isSecret(name string) bool {
	name = strings.ToLower(name)
	return slices.ContainsFunc(secretWords, func(w string) bool { return strings.Contains(name, w) })
}

// takeSecrets takes the header fields that carry credentials out of a policy, which
// is stored.
func takeSecrets(p *sonde.Policy) map[string][]string {
	secret, open := map[string][]string{}, map[string][]string{}
	for name, values := range p.Headers {
		if isSecret(name) {
			secret[name] = values
		} else {
			open[name] = values
		}
	}
	p.Headers = open
	return secret
}

func proxy(p *sonde.Policy, texts []string) (err error) {
	p.Proxy, _, err = parseProxy(texts[len(texts)-1])
	return err
}

func allowNets(p *sonde.Policy, texts []string) error {
	p.AllowNets = make([]netip.Prefix, len(texts))
	for i, text := range texts {
		var err error
		if p.AllowNets[i], err = parseNet(text); err != nil {
			return err
		}
	}
	return nil
}

func bodies(p *sonde.Policy, texts []string) error {
	word, err := parseChoice(texts[len(texts)-1], "all", "none")
	p.Bodies = word == "all"
	return err
}

func maxBody(p *sonde.Policy, texts []string) error {
	size, err := parseSize(texts[len(texts)-1])
	if err == nil && size < 1 {
		err = errors.New("a size above 0 is wanted, such as 16MiB")
	}
	p.MaxBody = size
	return err
}

// parseDir reads the name of a folder, and keeps it in a form that holds wherever the
// program is started next.
func parseDir(text string) (string, error) {
	if text == "" {
		return "", errors.New("the name of a folder is wanted")
	}
	return filepath.Abs(text)
}

func ruleThresholds(p *sonde.Policy, texts []string) error {
	p.Thresholds = map[string]float64{}
	for _, text := range texts {
		name, value, err := parseThreshold(text)
		if err != nil {
			return err
		}
		p.Thresholds[name] = value
	}
	return nil
}
