//go:build linux

package main

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"net"
	"os/exec"
	"strings"
	"text/tabwriter"
	"time"

	"sonde/internal/daemons"
)

// mostIdentify is how long sonde may take for all services together.
const mostIdentify = 5 * time.Second

// told is what a scanner says of the service on a port.
type told struct{ service, product, version string }

func (t told) String() string {
	return strings.TrimSpace(strings.Join([]string{t.service, t.product, t.version}, " "))
}

// identify has sonde, for some rounds, and nmap, once, say who answers on the ports of
// real servers, and prints what they say.
func (b *bench) identify(ctx context.Context) error {
	fleet, err := daemons.Launch(ctx, daemons.Names()...)
	defer fleet.Stop()
	if err != nil {
		return err
	}
	for _, missing := range fleet.Missing {
		b.printf("%v\n", missing)
	}
	tcp, udp := placesOf(fleet.Daemons)
	own, err := b.identifyBySonde(ctx, tcp, udp)
	if err != nil {
		return err
	}
	other, err := b.identifyByNmap(ctx, tcp, udp)
	if err != nil {
		return err
	}
	return b.printServices(fleet.Daemons, own, other)
}

// placesOf are the ports of servers as both scanners take them.
func placesOf(all []daemons.Daemon) (tcp, udp string) {
	ports := map[bool][]string{}
	for _, d := range all {
		_, port, _ := net.SplitHostPort(d.Address)
		ports[d.UDP] = append(ports[d.UDP], port)
	}
	return strings.Join(ports[false], ","), strings.Join(ports[true], ",")
}

// identifyBySonde probes in every round, and returns what the last said, by place.
func (b *bench) identifyBySonde(ctx context.Context, tcp, udp string) (map[string]told, error) {
	var all map[string]told
	for round := range b.rounds {
		u, err := b.measure(ctx, command{name: "sonde-identify", dir: b.dir,
			args: []string{b.sonde, "probe", thisMachine, "--ports", tcp, "--udp", udp, "--no-save", "--ndjson", "-q"}})
		if err != nil {
			return nil, err
		}
		b.printf("round %d: sonde took %.1f s and %.2f s of CPU (%.0f s at most are wanted)\n", round+1, u.wall.Seconds(), u.cpu.Seconds(), mostIdentify.Seconds())
		all = map[string]told{}
		for line := range strings.Lines(u.stdout) {
			var row struct {
				Port                                int
				Protocol, Service, Product, Version string
			}
			if err := json.Unmarshal([]byte(line), &row); err != nil {
				return nil, fmt.Errorf("read what sonde found: %w in %s", err, line)
			}
			all[fmt.Sprint(row.Protocol, row.Port)] = told{row.Service, row.Product, row.Version}
		}
	}
	return all, nil
}

// identifyByNmap asks nmap once, which takes minutes. Without nmap it is left out.
func (b *bench) identifyByNmap(ctx context.Context, tcp, udp string) (map[string]told, error) {
	if _, err := exec.LookPath("nmap"); err != nil {
		b.printf("without nmap, a Debian package: %v\n", err)
		return nil, nil
	}
	u, err := b.measure(ctx, command{name: "nmap-identify", dir: b.dir,
		args: []string{"nmap", "-sV", "-sT", "-sU", "-Pn", "-n", "-p", "T:" + tcp + ",U:" + udp, "-oX", "-", thisMachine}})
	if err != nil {
		return nil, err
	}
	b.printf("nmap -sV took %.1f s and %.2f s of CPU\n", u.wall.Seconds(), u.cpu.Seconds())
	var report struct {
		Ports []struct {
			Protocol string `xml:"protocol,attr"`
			Number   int    `xml:"portid,attr"`
			Service  struct {
				Name    string `xml:"name,attr"`
				Product string `xml:"product,attr"`
				Version string `xml:"version,attr"`
			} `xml:"service"`
		} `xml:"host>ports>port"`
	}
	if err := xml.Unmarshal([]byte(u.stdout), &report); err != nil {
		return nil, fmt.Errorf("read what nmap found: %w", err)
	}
	all := map[string]told{}
	for _, p := range report.Ports {
		all[fmt.Sprint(p.Protocol, p.Number)] = told{p.Service.Name, p.Service.Product, p.Service.Version}
	}
	return all, nil
}

// printServices prints what is there and what each scanner says, and fails where sonde
// is wrong.
func (b *bench) printServices(all []daemons.Daemon, own, other map[string]told) error {
	w := tabwriter.NewWriter(b.log, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "\nwhat is there, as far as it tells\tsonde\tnmap -sV")
	var wrong error
	for _, d := range all {
		_, port, _ := net.SplitHostPort(d.Address)
		protocol := "tcp"
		if d.UDP {
			protocol = "udp"
		}
		place, is := protocol+port, told{d.Service, d.Product, d.Version}
		fmt.Fprintf(w, "%v\t%v\t%v\n", is, own[place], other[place])
		if own[place] != is {
			wrong = errors.Join(wrong, fmt.Errorf("sonde takes %v for %v", is, own[place]))
		}
	}
	return errors.Join(wrong, w.Flush())
}
