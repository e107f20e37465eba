//go:build unix

package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

// foundPorts is what sonde prints of a part in which every port is as it should be, but
// for some.
func foundPorts(p portScan, open []int, instead map[int]string) string {
	var lines strings.Builder
	for port := p.low; port <= p.high; port++ {
		state := p.stateOf(port, open)
		if other, found := instead[port]; found {
			state = other
		}
		fmt.Fprintf(&lines, `{"host":"127.0.0.1","port":%d,"protocol":"tcp","state":%q}`+"\n", port, state)
	}
	return lines.String()
}

func TestJudgePorts(t *testing.T) {
	dropping := portScan{low: 1, high: 50, first: 20, last: 29}
	lossy := portScan{low: 1, high: 50, first: 20, last: 29, lossy: true}
	open := []int{40, 41}
	for _, test := range []struct {
		name    string
		part    portScan
		instead map[int]string
		want    string // part of the error, "" for none
	}{
		{"all right", dropping, nil, ""},
		{"open port missed", dropping, map[int]string{40: stateClosed}, `1 wrong: port 40 is "closed", want open`},
		{"open port too many", dropping, map[int]string{5: stateOpen}, `port 5 is "open", want closed`},
		{"dropped port closed", dropping, map[int]string{29: stateClosed}, "want filtered"},
		{"closed port silent", dropping, map[int]string{30: stateFiltered}, "want closed"},
		{"closed port silent amid loss", lossy, map[int]string{30: stateFiltered}, ""},
		{"open port silent amid loss", lossy, map[int]string{41: stateFiltered}, "want open"},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := test.part.judge(foundPorts(test.part, open, test.instead), open)
			if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("judge = %v, want %q", err, test.want)
			}
		})
	}
	if err := dropping.judge("", open); err == nil || !strings.Contains(err.Error(), "50 wrong") {
		t.Errorf("judge of nothing = %v, want every port wrong", err)
	}
	if err := dropping.judge("{\n", open); err == nil {
		t.Error("judge of half a line is no error")
	}
}

func TestJudgeAsked(t *testing.T) {
	part := portScan{first: 7, last: 9}
	const listed = `{"nftables": [{"metainfo": {"json_schema_version": 1}}, {"set": {"family": "inet", "name": "asked", "elem": [` +
		`{"elem": {"val": 7, "counter": {"packets": 2, "bytes": 120}}}, {"elem": {"val": 8, "counter": {"packets": 1, "bytes": 60}}}]}}]}`
	err := part.judgeAsked([]byte(listed))
	if err == nil || err.Error() != "2 wrong: dropped port 8 got 1 SYNs, want two at least; dropped port 9 got 0 SYNs, want two at least" {
		t.Errorf("judgeAsked = %v", err)
	}
	part.last = 7
	if err := part.judgeAsked([]byte(listed)); err != nil {
		t.Errorf("judgeAsked = %v, want nil", err)
	}
	if part.judgeAsked([]byte("table inet")) == nil {
		t.Error("judgeAsked of what is no JSON is no error")
	}
}

func TestNmapOpen(t *testing.T) {
	const said = "# Nmap scan\nHost: 127.0.0.1 ()\tStatus: Up\n" +
		"Host: 127.0.0.1 ()\tPorts: 22/open/tcp//ssh///, 80/filtered/tcp//http///, 33000/open/tcp/////\tIgnored State: closed (65532)\n"
	if got := nmapOpen(said); got != 2 {
		t.Errorf("nmapOpen = %d, want 2", got)
	}
}

// TestNetworkIsRemoved makes each network of the scenario and removes it after a signal.
func TestNetworkIsRemoved(t *testing.T) {
	if missing := missingForNetworks(); missing != "" {
		t.Skip(missing)
	}
	for _, part := range portScans() {
		t.Run(part.title, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			n := ownNetwork(part.address == farEnd)
			_, failed := n.build(ctx, part.script)
			cancel()
			if err := n.remove(ctx); err != nil {
				t.Error(err)
			}
			if failed != nil && strings.Contains(strings.ToLower(failed.Error()), "permi") { // "Operation not permitted", "Permission denied"
				t.Skipf("it may not make networks: %v", failed)
			}
			if failed != nil {
				t.Fatal(failed)
			}
			for _, name := range []string{n.scanner, n.target} {
				if _, err := os.Stat("/run/netns/" + name); !os.IsNotExist(err) {
					t.Errorf("the namespace %s is left: %v", name, err)
				}
			}
		})
	}
}
