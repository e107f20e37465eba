package pipeline

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"sonde"
	"sonde/netprobe/resolve"
	"sonde/store"
)

// How the DNS is asked about a run's hosts: not for long, since a run is worth much
// without it.
const (
	questionsAtOnce = 16
	questionTimeout = 2 * time.Second // where the order says nothing
	questionTries   = 1
	maxSilences     = 8 // questions in a row without an answer, after which no more are asked
)

// probe asks about the hosts that a run met what its policy wants to know, and puts the
// causes of failures into words. A run that was stopped is not probed.
func (o Order) probe(ctx context.Context, recording *store.Recording) error {
	policy := o.Site.Policy
	if policy.Probe != sonde.ProbeDNS && policy.Probe != sonde.ProbePorts || ctx.Err() != nil {
		return nil
	}
	if err := recording.Flush(ctx); err != nil {
		return err
	}
	hosts, err := o.File.MetHosts(ctx, recording.Run().ID)
	if err != nil {
		return ended(ctx, err)
	}
	answers, err := o.askNames(ctx, hosts)
	if err != nil {
		return ended(ctx, err)
	}
	var ports []sonde.Port
	if policy.Probe == sonde.ProbePorts {
		if ports, err = o.scan(ctx, o.targets(hosts, answers)); err != nil {
			return ended(ctx, err)
		}
	}
	after, cancel := outlive(ctx)
	defer cancel()
	return errors.Join(o.File.SaveDNS(after, answers), o.File.SavePorts(after, ports), recording.Explain(after, causes(hosts, answers)))
}

// ended is an error that is not that the run was stopped.
func ended(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// tell tells what goes on.
func (o Order) tell(format string, args ...any) {
	if o.Stage != nil {
		o.Stage(fmt.Sprintf(format, args...))
	}
}

// errSilent ends the asking where nobody answers.
var errSilent = errors.New("no name server answers")

// askNames asks the DNS about hosts. It stops without an error where nobody answers.
func (o Order) askNames(ctx context.Context, hosts []store.MetHost) ([]sonde.DNSAnswer, error) {
	questions := questionsAbout(hosts)
	if len(questions) == 0 {
		return nil, nil
	}
	config := o.Resolve
	if config.Timeout == 0 {
		config.Timeout = questionTimeout
	}
	if config.Tries == 0 {
		config.Tries = questionTries
	}
	resolver, err := resolve.New(config)
	if err != nil {
		return nil, fmt.Errorf("asking the DNS: %w", err)
	}
	defer resolver.Close()
	var answers []sonde.DNSAnswer
	silences := 0
	err = resolver.All(ctx, slices.Values(questions), questionsAtOnce, func(a sonde.DNSAnswer) error {
		answers = append(answers, a)
		o.tell("asking the DNS, %d of %d", len(answers), len(questions))
		if silences++; a.RCode != "" {
			silences = 0
		}
		if silences >= maxSilences {
			return errSilent
		}
		return nil
	})
	if errors.Is(err, errSilent) || ctx.Err() != nil {
		err = nil
	}
	return answers, err
}

// questionsAbout lists what the DNS is asked: of hosts in scope their addresses and who
// may sign for them, of their domains mail and name servers. Of other hosts only those
// are asked for again whose names did not resolve.
func questionsAbout(hosts []store.MetHost) []resolve.Question {
	var questions []resolve.Question
	asked := map[resolve.Question]bool{}
	ask := func(name string, types ...string) {
		for _, kind := range types {
			if q := (resolve.Question{Name: name, Type: kind}); !asked[q] {
				asked[q] = true
				questions = append(questions, q)
			}
		}
	}
	for _, host := range hosts {
		name, ok := inDNS(host.Name)
		if !ok {
			continue
		}
		switch {
		case host.InScope:
			ask(name, "A", "AAAA", "CAA")
			if domain, ok := inDNS(host.Domain); ok {
				ask(domain, "MX", "NS", "CAA")
			}
		case slices.ContainsFunc(host.Failures, unresolved):
			ask(name, "A", "AAAA")
		}
	}
	slices.SortStableFunc(questions, func(a, b resolve.Question) int { return strings.Compare(a.Name, b.Name) })
	return questions
}

// inDNS is a host as the DNS knows it. Addresses, and what is local to this machine,
// it does not know.
func inDNS(host string) (name string, ok bool) {
	if _, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		return "", false
	}
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return "", false
	}
	name, err := resolve.Name(host)
	return name, err == nil
}

func unresolved(f sonde.Failure) bool { return f.Outcome() == sonde.DNSError }

// causes says why hosts failed, as far as it is known.
func causes(hosts []store.MetHost, answers []sonde.DNSAnswer) map[store.Trouble]string {
	byHost := map[string][]sonde.DNSAnswer{}
	for _, a := range answers {
		if a.Type == "A" || a.Type == "AAAA" {
			byHost[a.Host] = append(byHost[a.Host], a)
		}
	}
	found := map[store.Trouble]string{}
	for _, host := range hosts {
		for _, failure := range host.Failures {
			if cause := cause(failure, byHost[host.Name]); cause != "" {
				found[store.Trouble{Host: host.Name, Failure: failure}] = cause
			}
		}
	}
	return found
}

// cause is why a host failed in one way. again is what came when its addresses were
// asked for again.
func cause(failure sonde.Failure, again []sonde.DNSAnswer) string {
	switch {
	case unresolved(failure) && len(again) > 0:
		return resolvedAgain(again)
	case failure == sonde.Refused:
		return "the host answers, and nothing listens on that port"
	case failure == sonde.ConnectTimeout:
		return "the port is filtered or the host is down: nothing came back at all"
	case failure == sonde.Unreachable:
		return "no way leads to that address, or somebody between forbids it"
	}
	return ""
}

// resolvedAgain says what came when a name that had not resolved was asked for again.
func resolvedAgain(again []sonde.DNSAnswer) string {
	at := again[0].At.UTC().Format("15:04:05 MST")
	if addresses := addressesIn(again); len(addresses) > 0 {
		return fmt.Sprintf("asked again at %s, the name resolved to %s", at, strings.Join(addresses, ", "))
	}
	if slices.ContainsFunc(again, func(a sonde.DNSAnswer) bool { return a.Failure == sonde.NXDomain }) {
		return fmt.Sprintf("confirmed: asked again at %s, %s said that it does not exist", at, again[0].Server)
	}
	return fmt.Sprintf("asked again at %s: %s", at, again[0].Detail)
}

// addressesIn lists the addresses in answers.
func addressesIn(answers []sonde.DNSAnswer) []string {
	var addresses []string
	for _, a := range answers {
		for _, r := range a.Records {
			if r.Type == a.Type {
				addresses = append(addresses, r.Value)
			}
		}
	}
	return addresses
}
