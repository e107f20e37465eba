package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/netip"
	"slices"
	"strings"

	"sonde"
	"sonde/netprobe/scan"
)

// manyAddresses is how many addresses are scanned without asking back.
const manyAddresses = 256

// aims are the targets of sonde probe, resolved.
type aims struct {
	list     []resolvedAim
	excluded []netip.Prefix
	ask      scan.Target // the ports that every host is asked for
	family   func(netip.Addr) bool
	learned  []sonde.DNSAnswer // about the names
	failed   bool              // not all names have an address
	ports    int64             // in all
}

// resolvedAim is an aim with the addresses of its name, where it has one.
type resolvedAim struct {
	scan.Aim
	addresses []netip.Addr
}

// aims reads what was typed, resolves names and asks back where that is much. It says
// on standard error which names have no address.
func (p *probe) aims(ctx context.Context, texts []string, ask scan.Target) (*aims, error) {
	read, err := p.readAims(texts)
	if err != nil {
		return nil, err
	}
	t := &aims{ask: ask, family: p.family()}
	for _, text := range p.exclude {
		if err := p.leaveOut(ctx, t, text); err != nil {
			return nil, err
		}
	}
	if t.list, t.learned, err = p.resolve(ctx, read); err != nil {
		return nil, err
	}
	t.failed = len(t.list) < len(read)
	count := t.count()
	switch {
	case count == 0 && !t.failed:
		return nil, usagef("there is no address to scan: what is given is excluded, or of the other IP version")
	case t.ports == 0 && !t.failed:
		return nil, usagef("there is no port to scan: --ports or --udp names some")
	case count > manyAddresses && !p.yes:
		return t, p.confirm(ctx, count, t.ports, slices.Contains(texts, "-"))
	}
	return t, nil
}

// readAims reads what was typed, and standard input where - stands.
func (p *probe) readAims(texts []string) ([]scan.Aim, error) {
	var read []scan.Aim
	for _, text := range texts {
		if text == "-" {
			more, err := readAimsFrom(p.stdin)
			if err != nil {
				return nil, err
			}
			read = append(read, more...)
			continue
		}
		aim, err := scan.ParseTarget(text)
		if err != nil {
			return nil, usagef("%w", err)
		}
		read = append(read, aim)
	}
	return read, nil
}

// readAimsFrom reads targets with spaces or line ends between, and comments from # on.
func readAimsFrom(r io.Reader) ([]scan.Aim, error) {
	var read []scan.Aim
	lines := bufio.NewScanner(r)
	for number := 1; lines.Scan(); number++ {
		line, _, _ := strings.Cut(lines.Text(), "#")
		for _, text := range strings.Fields(line) {
			aim, err := scan.ParseTarget(text)
			if err != nil {
				return nil, usagef("standard input, line %d: %w", number, err)
			}
			read = append(read, aim)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("reading targets from standard input: %w", err)
	}
	if len(read) == 0 {
		return nil, usagef("standard input has no target")
	}
	return read, nil
}

// family is which addresses are asked at all.
func (p *probe) family() func(netip.Addr) bool {
	switch {
	case p.only4:
		return netip.Addr.Is4
	case p.only6:
		return netip.Addr.Is6
	}
	return netip.Addr.IsValid
}

// leaveOut reads a value of --exclude. A name excludes the addresses that it has.
func (p *probe) leaveOut(ctx context.Context, t *aims, text string) error {
	aim, err := scan.ParseTarget(text)
	if err != nil {
		return usagef("--exclude: %w", err)
	}
	if aim.Name == "" {
		t.excluded = append(t.excluded, aim.Prefix)
		return nil
	}
	answers, err := p.answersAbout(ctx, []string{aim.Name})
	if err != nil {
		return err
	}
	addresses, err := addressesIn(answers[aim.Name])
	if err != nil {
		return fmt.Errorf("--exclude %s: %w; nothing is scanned, for its addresses are not known", text, err)
	}
	for _, a := range addresses {
		t.excluded = append(t.excluded, netip.PrefixFrom(a.WithZone(""), a.BitLen()))
	}
	return nil
}

// count counts the addresses, and the ports in all. Of networks it takes all for
// scanned, since it would take long to look.
func (t *aims) count() (addresses int64) {
	for _, aim := range t.list {
		n := int64(len(slices.DeleteFunc(slices.Clone(aim.addresses), t.skips)))
		if aim.Name == "" && t.family(aim.Prefix.Addr()) {
			n = int64(aim.Size())
			if n == 1 && t.skips(aim.Prefix.Addr()) {
				n = 0
			}
		}
		addresses += n
		target := t.target(aim, netip.Addr{})
		t.ports += n * int64(len(target.TCP)+len(target.UDP))
	}
	return addresses
}

// confirm asks whether so much is meant.
func (p *probe) confirm(ctx context.Context, count, ports int64, stdinRead bool) error {
	much := fmt.Sprintf("%s with %s in all", addresses(count), sonde.Plural(ports, "port"))
	if _, terminal := p.terminal(p.stdin); !terminal || stdinRead {
		return usagef("that is %s: say --yes if it is meant", much)
	}
	fmt.Fprintf(p.stderr, "That is %s. Scan them? [y/N] ", much)
	answer, err := bufio.NewReader(p.stdin).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if word := strings.ToLower(strings.TrimSpace(answer)); word == "y" || word == "yes" {
		return ctx.Err()
	}
	return &endError{exitError, "nothing was scanned"}
}

func (t *aims) skips(a netip.Addr) bool {
	excludes := func(p netip.Prefix) bool { return p.Contains(a.WithZone("")) }
	return !t.family(a) || slices.ContainsFunc(t.excluded, excludes)
}

// target is one address of an aim with its ports.
func (t *aims) target(aim resolvedAim, address netip.Addr) scan.Target {
	target := t.ask
	target.Address, target.Host = address, aim.Name
	if aim.Name == "" {
		target.Host = address.String()
	}
	if aim.Port != 0 {
		target.TCP = target.TCP.With(aim.Port)
	}
	return target
}

// targets are all addresses that are scanned, in the order in which they were typed.
func (t *aims) targets() iter.Seq[scan.Target] {
	return func(yield func(scan.Target) bool) {
		for _, aim := range t.list {
			addresses := aim.Addresses()
			if aim.Name != "" {
				addresses = slices.Values(aim.addresses)
			}
			for a := range addresses {
				if !t.skips(a) && !yield(t.target(aim, a)) {
					return
				}
			}
		}
	}
}
