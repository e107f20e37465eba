package pipeline

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"sonde"
	"sonde/netprobe"
	"sonde/netprobe/scan"
	"sonde/store"
)

// targets lists the addresses of the hosts in scope that may be scanned: public ones,
// and private ones that the operator typed or allowed. Where requests go through a proxy
// there are none: a scan would not.
func (o Order) targets(hosts []store.MetHost, answers []sonde.DNSAnswer) []scan.Target {
	if o.Site.Policy.Proxy != "" {
		return nil
	}
	typed := seedHosts(o.Site)
	var targets []scan.Target
	for _, host := range hosts {
		if !host.InScope {
			continue
		}
		for _, address := range addressesOf(host.Name, answers) {
			if o.mayScan(address, slices.Contains(typed, host.Name)) {
				targets = append(targets, scan.Target{Host: host.Name, Address: address, TCP: scan.PoliteTCP()})
			}
		}
	}
	return targets
}

// mayScan reports whether an address of a host may be scanned.
func (o Order) mayScan(address netip.Addr, typed bool) bool {
	switch sonde.ClassOf(address) {
	case sonde.GlobalAddress:
		return true
	case sonde.PrivateAddress:
		return typed || slices.ContainsFunc(o.Site.Policy.AllowNets, func(net netip.Prefix) bool { return net.Contains(address) })
	}
	return false
}

// addressesOf lists the addresses of a host: its own where it is one, that of this
// machine, or those that the DNS gave.
func addressesOf(host string, answers []sonde.DNSAnswer) []netip.Addr {
	if address, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		return []netip.Addr{address.Unmap()}
	}
	if host == "localhost" {
		return []netip.Addr{netip.MustParseAddr("127.0.0.1")}
	}
	var addresses []netip.Addr
	for _, a := range answers {
		if a.Host != host || a.Type != "A" && a.Type != "AAAA" {
			continue
		}
		for _, text := range addressesIn([]sonde.DNSAnswer{a}) {
			if address, err := netip.ParseAddr(text); err == nil {
				addresses = append(addresses, address)
			}
		}
	}
	return addresses
}

// scan scans targets politely, and asks who answers.
func (o Order) scan(ctx context.Context, targets []scan.Target) ([]sonde.Port, error) {
	total := 0
	for _, t := range targets {
		total += len(t.TCP)
	}
	config := scan.Polite()
	config.Open = netprobe.WhoAnswers
	var ports []sonde.Port
	err := scan.Run(ctx, config, slices.Values(targets), func(p sonde.Port) {
		ports = append(ports, p)
		o.tell("scanning ports, %d of %d", len(ports), total)
	})
	if err != nil && ctx.Err() == nil {
		return nil, fmt.Errorf("scanning the ports of %s: %w", o.Site.Name, err)
	}
	return ports, nil
}
