package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"sonde"
	"sonde/netprobe/resolve"
	"sonde/netprobe/scan"
)

// lookUps is how many questions about names are asked at once.
const lookUps = 64

// answersAbout asks the system for the addresses of names, and returns the answers to
// each.
func (p *probe) answersAbout(ctx context.Context, names []string) (map[string][]sonde.DNSAnswer, error) {
	answers := map[string][]sonde.DNSAnswer{}
	if len(names) == 0 {
		return answers, nil
	}
	resolver, err := resolve.New(resolve.Config{})
	if err != nil {
		return nil, fmt.Errorf("asking the DNS: %w", err)
	}
	defer resolver.Close()
	questions := func(yield func(resolve.Question) bool) {
		for _, name := range names {
			for _, kind := range p.addressTypes() {
				if !yield(resolve.Question{Name: name, Type: kind}) {
					return
				}
			}
		}
	}
	err = resolver.All(ctx, questions, lookUps, func(a sonde.DNSAnswer) error {
		answers[a.Host] = append(answers[a.Host], a)
		return nil
	})
	return answers, err
}

// addressTypes are the types of addresses that are wanted.
func (p *probe) addressTypes() []string {
	switch {
	case p.only4:
		return []string{"A"}
	case p.only6:
		return []string{"AAAA"}
	}
	return []string{"A", "AAAA"}
}

// namesOf are the names among aims, each once.
func namesOf(aims []scan.Aim) []string {
	var names []string
	seen := map[string]bool{}
	for _, aim := range aims {
		if aim.Name != "" && !seen[aim.Name] {
			seen[aim.Name] = true
			names = append(names, aim.Name)
		}
	}
	return names
}

// resolve finds the addresses of names. Names without any are left out, with a sentence.
func (p *probe) resolve(ctx context.Context, read []scan.Aim) (resolved []resolvedAim, learned []sonde.DNSAnswer, err error) {
	names := namesOf(read)
	answers, err := p.answersAbout(ctx, names)
	if err != nil {
		return nil, nil, err
	}
	for _, name := range names {
		learned = append(learned, answers[name]...)
	}
	for _, aim := range read {
		if aim.Name == "" {
			resolved = append(resolved, resolvedAim{Aim: aim})
			continue
		}
		addresses, err := addressesIn(answers[aim.Name])
		if err != nil {
			p.warn("sonde: %s is not scanned: %v", aim.Name, err)
			continue
		}
		resolved = append(resolved, resolvedAim{aim, addresses})
	}
	return resolved, learned, nil
}

// addressesIn are the addresses in the answers about a name that may be asked, at least
// one.
func addressesIn(answers []sonde.DNSAnswer) ([]netip.Addr, error) {
	var addresses []netip.Addr
	var never []string
	var why error
	for _, a := range answers {
		for _, record := range a.Records {
			address, err := netip.ParseAddr(record.Value)
			switch {
			case err != nil: // an alias
			case sonde.ClassOf(address) == sonde.NeverAddress:
				never = append(never, record.Value)
			case !slices.Contains(addresses, address):
				addresses = append(addresses, address)
			}
		}
		if why == nil && a.Failure != sonde.NoFailure && a.Failure != sonde.NoRecord {
			why = errors.New(a.Detail)
		}
	}
	switch {
	case len(addresses) > 0:
		return addresses, nil
	case len(never) > 0:
		return nil, fmt.Errorf("its address %s is one that is never asked", strings.Join(never, ", "))
	case why != nil:
		return nil, why
	}
	return nil, errors.New("it has no address")
}
