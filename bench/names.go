//go:build unix

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"sonde/internal/loopback"
)

// benchNames is how many names are asked for in a round.
const benchNames = 10_000

// names has sonde and dnsperf ask a local Unbound for the same names, in turn.
func (b *bench) names(ctx context.Context) error {
	port, err := loopback.FreePort()
	if err != nil {
		return err
	}
	stop, err := b.startUnbound(ctx, port)
	if err != nil {
		return err
	}
	err = b.nameRounds(ctx, port)
	return errors.Join(err, stop())
}

// nameRounds prints the questions per second of every round and their ratio. Both count
// from their first question to the last answer, of which dnsperf writes none and sonde
// all; sonde's figure in brackets is of its whole process, from its start to its end.
func (b *bench) nameRounds(ctx context.Context, port int) error {
	typed, questions, answers := filepath.Join(b.dir, "names.txt"), filepath.Join(b.dir, "questions.txt"), filepath.Join(b.dir, "answers.ndjson")
	var names, asks strings.Builder
	for i := range benchNames {
		fmt.Fprintf(&names, "n%d.bench.test\n", i)
		fmt.Fprintf(&asks, "n%d.bench.test A\n", i)
	}
	if err := errors.Join(os.WriteFile(typed, []byte(names.String()), 0o644), os.WriteFile(questions, []byte(asks.String()), 0o644)); err != nil {
		return err
	}
	server := fmt.Sprintf("127.0.0.1:%d", port)
	var asked, wholes []float64 // of dnsperf's speed
	for round := range b.rounds {
		other, err := b.measure(ctx, command{name: "dnsperf", dir: b.dir,
			args: []string{"dnsperf", "-s", "127.0.0.1", "-p", strconv.Itoa(port), "-d", questions, "-n", "1"}})
		if err != nil {
			return err
		}
		script := `exec "$1" resolve - --type A --server "$2" --no-save --ndjson <"$3" >"$4"`
		own, err := b.measure(ctx, command{name: "sonde-names", dir: b.dir,
			args: []string{"sh", "-c", script, "sh", b.sonde, server, typed, answers}})
		if err != nil {
			return err
		}
		said, err := os.ReadFile(answers)
		if err != nil {
			return err
		}
		if got := bytes.Count(said, []byte(`"value":"192.0.2.`)); got != benchNames {
			return fmt.Errorf("sonde resolved %d of %d names", got, benchNames)
		}
		said, err = os.ReadFile(own.errors)
		if err != nil {
			return err
		}
		asking, theirs, whole := perSecond(string(said)), perSecond(other.stdout), benchNames/own.wall.Seconds()
		b.printf("round %d: sonde %.0f names/s (%.0f with the start of the program), %.1f µs of CPU each; dnsperf %.0f names/s, %.1f µs; speed × %.2f (%.2f)\n",
			round+1, asking, whole, micro(own.cpu), theirs, micro(other.cpu), asking/theirs, whole/theirs)
		asked, wholes = append(asked, asking/theirs), append(wholes, whole/theirs)
	}
	if len(asked) == 0 {
		return nil
	}
	slices.Sort(asked)
	slices.Sort(wholes)
	middle := len(asked) / 2
	b.printf("median: speed × %.2f (%.2f); 0.80 at least is wanted\n", asked[middle], wholes[middle])
	return nil
}

// micro is the microseconds for one name.
func micro(d time.Duration) float64 { return float64(d) / benchNames / float64(time.Microsecond) }

// rate is how dnsperf and sonde say how fast they were.
var rate = regexp.MustCompile(`Queries per second:\s+([\d.]+)|([\d,]+) a second`)

// perSecond reads what a program says of its speed, 0 where it says nothing.
func perSecond(said string) float64 {
	found := rate.FindStringSubmatch(said)
	if found == nil {
		return 0
	}
	speed, _ := strconv.ParseFloat(strings.ReplaceAll(found[1]+found[2], ",", ""), 64)
	return speed
}

// startUnbound starts a resolver that knows the names by itself, and waits until it
// answers.
func (b *bench) startUnbound(ctx context.Context, port int) (stop func() error, err error) {
	var data strings.Builder
	for i := range benchNames {
		fmt.Fprintf(&data, "  local-data: \"n%d.bench.test. 300 IN A 192.0.2.%d\"\n", i, i%250+1)
	}
	config := filepath.Join(b.dir, "unbound.conf")
	text := fmt.Sprintf("server:\n  interface: 127.0.0.1@%d\n  do-daemonize: no\n  use-syslog: no\n  username: \"\"\n  chroot: \"\"\n"+
		"  directory: %q\n  pidfile: \"\"\n  local-zone: \"bench.test.\" static\n%sremote-control:\n  control-enable: no\n", port, b.dir, data.String())
	if err := os.WriteFile(config, []byte(text), 0o644); err != nil {
		return nil, err
	}
	process := exec.CommandContext(ctx, "/usr/sbin/unbound", "-d", "-c", config)
	if err := process.Start(); err != nil {
		return nil, fmt.Errorf("start unbound (Debian package unbound): %w", err)
	}
	stop = func() error {
		err := process.Process.Signal(syscall.SIGKILL)
		_ = process.Wait() // it was killed
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	for {
		try := exec.CommandContext(ctx, b.sonde, "resolve", "n0.bench.test", "--type", "A", "--no-save", "--timeout", "200ms",
			"--server", fmt.Sprintf("127.0.0.1:%d", port))
		if try.Run() == nil {
			return stop, nil
		}
		if ctx.Err() != nil {
			return nil, errors.Join(errors.New("unbound does not answer"), stop())
		}
	}
}
