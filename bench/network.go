//go:build unix

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// network is where a scan goes: namespaces of the bench's own, or the machine's loopback
// where it has none.
type network struct {
	scanner string // namespace in which the tools run; "" for the machine itself
	target  string // namespace of the scanned host; the same one where that is loopback
}

// ownNetwork names namespaces for a part of the scenario.
func ownNetwork(pair bool) network {
	name := fmt.Sprintf("sonde-bench-%d", os.Getpid())
	if pair {
		return network{scanner: name + "-scanner", target: name + "-target"}
	}
	return network{scanner: name, target: name}
}

// in is a command that runs within a namespace.
func in(namespace string, args ...string) []string {
	if namespace == "" {
		return args
	}
	return append([]string{"ip", "netns", "exec", namespace}, args...)
}

// build makes the network by a shell script, which finds the namespaces in $scanner and
// $target, and tells what the script said.
func (n network) build(ctx context.Context, script string) (said string, err error) {
	shell := exec.CommandContext(ctx, "sh", "-ec", script)
	shell.Env = append(os.Environ(), "scanner="+n.scanner, "target="+n.target)
	out, err := shell.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("make a network: %w\n%s", err, tail(string(out), 2000))
	}
	return string(out), nil
}

// remove removes the namespaces, and with them their devices and rules, after a signal
// too.
func (n network) remove(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	script := `for name in "$scanner" "$target"; do if [ -e "/run/netns/$name" ]; then ip netns delete "$name"; fi; done`
	_, err := n.build(ctx, script)
	return err
}

// listen has a process of its own listen on free ports of the target.
func (b *bench) listen(ctx context.Context, n network, count int) (ports []int, stop func() error, err error) {
	program := filepath.Join(b.dir, "listeners")
	if said, err := exec.CommandContext(ctx, "go", "build", "-o", program, "sonde/bench/listeners").CombinedOutput(); err != nil {
		return nil, nil, fmt.Errorf("build the listeners: %w\n%s", err, said)
	}
	args := in(n.target, program, strconv.Itoa(count))
	process := exec.CommandContext(ctx, args[0], args[1:]...)
	stdin, err := process.StdinPipe()
	if err != nil {
		return nil, nil, err
	}
	stdout, err := process.StdoutPipe()
	if err != nil {
		return nil, nil, err
	}
	if err := process.Start(); err != nil {
		return nil, nil, err
	}
	stop = func() error {
		err := stdin.Close()
		_ = process.Wait() // a signal may have ended it before
		return err
	}
	lines := bufio.NewScanner(stdout)
	for len(ports) < count && lines.Scan() {
		port, err := strconv.Atoi(strings.TrimSpace(lines.Text()))
		if err != nil {
			return nil, nil, errors.Join(err, stop())
		}
		ports = append(ports, port)
	}
	if len(ports) < count {
		return nil, nil, errors.Join(fmt.Errorf("%d of %d ports are listened on", len(ports), count), stop())
	}
	return ports, stop, nil
}
