//go:build unix

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

const (
	benchListeners = 20
	longestScan    = 3 * time.Minute
	thisMachine    = "127.0.0.1"
	farEnd         = "198.18.0.2" // of the wire; the block is set aside for benchmarks (RFC 2544)
)

// The states of a port, as sonde writes them.
const (
	stateOpen     = "open"
	stateClosed   = "closed"
	stateFiltered = "filtered"
)

// portScan is one part of the scenario ports: a network, and what its ports are.
type portScan struct {
	title   string
	address string // scanned
	low     int    // of the scanned ports
	high    int
	script  string  // makes the network
	first   int     // of the dropped ports
	last    int     // of them; 0 where none is dropped
	counted bool    // the firewall counts the SYNs to each dropped port
	lossy   bool    // a closed port may be found silent
	most    float64 // of nmap's wall time that sonde may take
}

// portScans are the parts, the one that takes no firewall first.
func portScans() []portScan {
	const loop = `ip netns add "$scanner"; ip -n "$scanner" link set lo up`
	return []portScan{
		{title: "loopback", address: thisMachine, low: 1, high: 65535, script: loop, most: 0.8},
		{title: "loopback, 10,000 ports dropped", address: thisMachine, low: 1, high: 65535,
			script: loop + "\n" + countingFirewall, first: 20_000, last: 29_999, counted: true, most: 0.2},
		{title: "1,000 ports over a wire that loses 2 %, 100 dropped", address: farEnd, low: 33_000, high: 33_999,
			script: lossyWire, first: 33_000, last: 33_099, lossy: true, most: 1},
	}
}

// countingFirewall drops ports and counts the SYNs to each.
const countingFirewall = `ip netns exec "$target" nft -f - <<'RULES'
table inet bench {
	set asked { type inet_service; size 65535; flags dynamic; counter; }
	chain input {
		type filter hook input priority 0
		tcp dport 20000-29999 tcp flags syn / syn,ack update @asked { tcp dport } drop
	}
}
RULES`

// lossyWire joins two namespaces, each of which loses what goes out to the other by
// netem, or what comes in by nftables where the kernel lacks netem; the script says so.
// What listens on a free port does so among those that are scanned.
const lossyWire = `ip netns add "$scanner"; ip netns add "$target"
ip -n "$scanner" link add wire type veth peer name wire netns "$target"
ip -n "$scanner" address add 198.18.0.1/30 dev wire
ip -n "$target" address add 198.18.0.2/30 dev wire
loss=
for name in "$scanner" "$target"; do
	ip -n "$name" link set lo up
	ip -n "$name" link set wire up
	if ! ip netns exec "$name" tc qdisc add dev wire root netem loss 2% 2>/dev/null; then
		loss='numgen random mod 100 < 2 drop'
		ip netns exec "$name" nft "add table inet loss; add chain inet loss input { type filter hook input priority -10; }; add rule inet loss input $loss"
	fi
done
ip netns exec "$target" sh -c 'echo 33100 33999 >/proc/sys/net/ipv4/ip_local_port_range'
ip netns exec "$target" nft -f - <<'RULES'
table inet bench {
	chain input {
		type filter hook input priority 0
		tcp dport 33000-33099 drop
	}
}
RULES
if [ -n "$loss" ]; then
	echo "No netem (tc or the kernel lacks it): nftables drops 2 % of what comes in at random, at both ends."
else
	echo "netem loses 2 % of what goes out, at both ends."
fi`

// ports has sonde and nmap scan the ports of an address, in turn. Whoever is not root
// gets the first part alone, on the machine's own loopback.
func (b *bench) ports(ctx context.Context) error {
	if _, err := exec.LookPath("nmap"); err != nil {
		b.printf("skipped: it needs the Debian package nmap: %v\n", err)
		return nil
	}
	b.limit = min(b.limit, longestScan)
	var failed error
	for _, part := range portScans() {
		b.printf("%s\n", part.title)
		missing := missingForNetworks()
		switch {
		case missing == "":
			failed = errors.Join(failed, b.scanOwnNetwork(ctx, part))
		case part.last == 0:
			b.printf("On the machine's own loopback, where nobody else may listen: %s.\n", missing)
			failed = errors.Join(failed, b.scanNetwork(ctx, part, network{}))
		default:
			b.printf("skipped: %s\n\n", missing)
		}
	}
	return failed
}

// missingForNetworks says what namespaces and firewalls would take, "" where it is there.
func missingForNetworks() string {
	if os.Geteuid() != 0 {
		return "a network of its own needs root"
	}
	for _, program := range []string{"ip", "nft"} {
		if _, err := exec.LookPath(program); err != nil {
			return fmt.Sprintf("a network of its own needs the Debian packages iproute2 and nftables: %v", err)
		}
	}
	return ""
}

// scanOwnNetwork makes the network of a part, measures in it and removes it.
func (b *bench) scanOwnNetwork(ctx context.Context, part portScan) error {
	n := ownNetwork(part.address == farEnd)
	said, err := n.build(ctx, part.script)
	if err == nil {
		b.printf("%s", said)
		err = b.scanNetwork(ctx, part, n)
	}
	return errors.Join(err, n.remove(ctx))
}

// scanNetwork opens the ports, has both tools scan and prints what they took.
func (b *bench) scanNetwork(ctx context.Context, part portScan, n network) error {
	open, stop, err := b.listen(ctx, n, benchListeners)
	if err != nil {
		return err
	}
	samples, wrong, err := b.scanRounds(ctx, part, n, open)
	if err = errors.Join(err, stop()); err != nil {
		return err
	}
	b.printScans(part, samples)
	for _, run := range wrong {
		b.printf("WRONG: %v\n", run)
	}
	b.printf("%d of %d scans by sonde were right in every point.\n\n", b.scans-len(wrong), b.scans)
	return errors.Join(wrong...)
}

// scanRounds scans with sonde as often as asked and with nmap beside it in the first
// rounds. What is wrong in a scan of sonde's does not end the rounds.
func (b *bench) scanRounds(ctx context.Context, part portScan, n network, open []int) (samples []sample, wrong []error, err error) {
	for round := range b.scans {
		u, said, err := b.scanBySonde(ctx, part, n, open)
		if err != nil {
			return nil, nil, err
		}
		if said != nil {
			wrong = append(wrong, fmt.Errorf("%s, scan %d: %w", part.title, round+1, said))
		}
		samples = append(samples, sample{tool: "sonde", usage: u})
		if round >= b.rounds {
			continue
		}
		u, err = b.measure(ctx, command{name: "nmap-ports", dir: b.dir,
			args: in(n.scanner, "nmap", "-sT", "-T4", "-Pn", "-n", "-p"+part.span(), "-oG", "-", part.address)})
		if err != nil {
			return nil, nil, err
		}
		b.printf("nmap found %d ports open, %d are\n", nmapOpen(u.stdout), len(open))
		samples = append(samples, sample{tool: "nmap", usage: u})
	}
	return samples, wrong, nil
}

// scanBySonde scans once and holds what was found, and what the firewall counted,
// against what is there.
func (b *bench) scanBySonde(ctx context.Context, part portScan, n network, open []int) (u usage, wrong, err error) {
	if part.counted {
		if err := exec.CommandContext(ctx, "ip", "netns", "exec", n.target, "nft", "flush", "set", "inet", "bench", "asked").Run(); err != nil {
			return usage{}, nil, fmt.Errorf("set the firewall's counters to zero: %w", err)
		}
	}
	u, err = b.measure(ctx, command{name: "sonde-ports", dir: b.dir,
		args: in(n.scanner, b.sonde, "probe", part.address, "--ports", part.span(), "--no-save", "--no-banner", "--ndjson", "-q")})
	if err != nil {
		return usage{}, nil, err
	}
	wrong = part.judge(u.stdout, open)
	if part.counted {
		listed, err := exec.CommandContext(ctx, "ip", "netns", "exec", n.target, "nft", "-j", "list", "set", "inet", "bench", "asked").Output()
		if err != nil {
			return usage{}, nil, fmt.Errorf("ask the firewall for its counters: %w", err)
		}
		wrong = errors.Join(wrong, part.judgeAsked(listed))
	}
	return u, wrong, nil
}

// judge holds the ports that sonde reported, one JSON object on each line, against what
// they are. Where packets get lost, a port may be reported silent that is not, unless it
// is open.
func (p portScan) judge(ndjson string, open []int) error {
	states := map[int]string{}
	for line := range strings.Lines(ndjson) {
		var row struct {
			Port  int
			State string
		}
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			return fmt.Errorf("read what sonde found: %w in %s", err, line)
		}
		states[row.Port] = row.State
	}
	var wrong []string
	for port := p.low; port <= p.high; port++ {
		got, want := states[port], p.stateOf(port, open)
		if got != want && !(p.lossy && got == stateFiltered && want == stateClosed) {
			wrong = append(wrong, fmt.Sprintf("port %d is %q, want %s", port, got, want))
		}
	}
	return firstOf(wrong)
}

// span is the scanned ports as both tools take them.
func (p portScan) span() string { return fmt.Sprintf("%d-%d", p.low, p.high) }

// stateOf is what a port is to be found.
func (p portScan) stateOf(port int, open []int) string {
	switch {
	case slices.Contains(open, port):
		return stateOpen
	case port >= p.first && port <= p.last:
		return stateFiltered
	}
	return stateClosed
}

// judgeAsked holds what nft lists of the counting set against the two SYNs at least that
// every dropped port is to get.
func (p portScan) judgeAsked(listed []byte) error {
	asked, err := countedSYNs(listed)
	if err != nil {
		return err
	}
	var wrong []string
	for port := p.first; port <= p.last; port++ {
		if asked[port] < 2 {
			wrong = append(wrong, fmt.Sprintf("dropped port %d got %d SYNs, want two at least", port, asked[port]))
		}
	}
	return firstOf(wrong)
}

// countedSYNs reads the counters of a set as `nft -j list set` writes them, by port.
func countedSYNs(listed []byte) (map[int]int, error) {
	var list struct {
		NFTables []struct {
			Set struct {
				Elem []struct {
					Elem struct {
						Val     int
						Counter struct{ Packets int }
					}
				}
			}
		}
	}
	if err := json.Unmarshal(listed, &list); err != nil {
		return nil, fmt.Errorf("read the firewall's counters: %w", err)
	}
	asked := map[int]int{}
	for _, object := range list.NFTables {
		for _, element := range object.Set.Elem {
			asked[element.Elem.Val] = element.Elem.Counter.Packets
		}
	}
	return asked, nil
}

// firstOf is an error of the first few sentences and how many there are, nil for none.
func firstOf(sentences []string) error {
	if len(sentences) == 0 {
		return nil
	}
	return fmt.Errorf("%d wrong: %s", len(sentences), strings.Join(sentences[:min(len(sentences), 3)], "; "))
}

var nmapOpenPort = regexp.MustCompile(`\d+/open/tcp/`)

// nmapOpen counts the open ports in what nmap -oG prints.
func nmapOpen(said string) int { return len(nmapOpenPort.FindAllString(said, -1)) }

// printScans prints medians and what sonde's are of nmap's.
func (b *bench) printScans(part portScan, samples []sample) {
	wall := func(s sample) float64 { return s.usage.wall.Seconds() }
	cpu := func(s sample) float64 { return s.usage.cpu.Seconds() }
	medians := map[string][2]float64{}
	w := tabwriter.NewWriter(b.log, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "scanner\tscans\tseconds\tfrom\tto\tCPU s\t")
	for _, tool := range toolsOf(samples) {
		own := slices.DeleteFunc(slices.Clone(samples), func(s sample) bool { return s.tool != tool })
		low, high := bounds(own, wall)
		medians[tool] = [2]float64{median(own, wall), median(own, cpu)}
		fmt.Fprintf(w, "%s\t%d\t%.2f\t%.2f\t%.2f\t%.2f\t\n", tool, len(own), medians[tool][0], low, high, medians[tool][1])
	}
	_ = w.Flush()
	if own, other := medians["sonde"], medians["nmap"]; other[0] > 0 {
		b.printf("sonde takes %.2f of nmap's wall time (%.2f at most is wanted) and %.2f of its CPU time.\n",
			own[0]/other[0], part.most, own[1]/other[1])
	}
}
