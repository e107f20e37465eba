//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// usage is what a process took.
type usage struct {
	started time.Time
	wall    time.Duration
	cpu     time.Duration // user and system
	peak    int64         // most memory at once, bytes
	exit    int
	stdout  string
	errors  string   // the file with its standard error
	moments []moment // some twenty a second
}

// moment is what a process had taken at a moment, and how much it held.
type moment struct {
	at    time.Duration
	cpu   time.Duration
	bytes int64
	peak  int64 // most that it held until then
}

// until is what the process took until then, as the last moment before it tells.
func (u usage) until(then time.Time) usage {
	u.wall = then.Sub(u.started)
	u.cpu, u.peak = 0, 0
	for _, m := range u.moments {
		if m.at <= u.wall {
			u.cpu, u.peak = m.cpu, m.peak
		}
	}
	return u
}

// command is a process to measure.
type command struct {
	name string
	args []string
	dir  string
	okay []int // exit codes that are no fault, beside 0
}

// measure runs a command to its end, or to the limit, and tells what it took. Its
// standard error goes to a file in the out folder.
func (b *bench) measure(ctx context.Context, c command) (usage, error) {
	ctx, cancel := context.WithTimeout(ctx, b.limit)
	defer cancel()
	said, err := os.Create(filepath.Join(b.out, c.name+".stderr"))
	if err != nil {
		return usage{}, err
	}
	defer said.Close()
	var stdout strings.Builder
	child := exec.CommandContext(ctx, c.args[0], c.args[1:]...)
	child.Dir, child.Stdout, child.Stderr = c.dir, &stdout, said
	child.Cancel = func() error { return child.Process.Signal(syscall.SIGTERM) }
	child.WaitDelay = 15 * time.Second

	start := time.Now()
	if err := child.Start(); err != nil {
		return usage{}, err
	}
	stop := watch(child.Process.Pid, start)
	err = child.Wait()
	u := usage{started: start, wall: time.Since(start), stdout: stdout.String(), errors: said.Name()}
	u.moments = stop()
	u.fill(child.ProcessState)
	return u, c.judge(ctx, u, err, said.Name())
}

// fill takes what the kernel counted (wait4).
func (u *usage) fill(state *os.ProcessState) {
	u.cpu = state.UserTime() + state.SystemTime()
	u.exit = state.ExitCode()
	for _, m := range u.moments {
		u.peak = max(u.peak, m.peak)
	}
	if rusage, ok := state.SysUsage().(*syscall.Rusage); ok && u.peak == 0 {
		u.peak = int64(rusage.Maxrss) << 10
	}
}

// judge says what is wrong with how the command ended, if anything.
func (c command) judge(ctx context.Context, u usage, err error, errorFile string) error {
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("%s did not end: %w", c.name, ctx.Err())
	case err == nil, errors.As(err, &exit) && slices.Contains(c.okay, u.exit):
		return nil
	}
	said, _ := os.ReadFile(errorFile)
	return fmt.Errorf("%s: %w\n%s", strings.Join(c.args, " "), err, tail(string(said), 2000))
}

func tail(text string, most int) string {
	return text[max(0, len(text)-most):]
}

// watch looks at a process until the function that it returns is called; that gives
// what was seen. The kernel keeps the peak of a process itself (VmHWM), apart from what
// its parent held when it was started, which wait4 mixes in.
func watch(pid int, start time.Time) (stop func() []moment) {
	const interval = 50 * time.Millisecond
	var moments []moment
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		ticks := time.NewTicker(interval)
		defer ticks.Stop()
		for {
			moments = append(moments, moment{
				at: time.Since(start), cpu: cpuOf(pid), bytes: statusBytes(pid, "VmRSS:"), peak: statusBytes(pid, "VmHWM:"),
			})
			select {
			case <-quit:
				return
			case <-ticks.C:
			}
		}
	}()
	return func() []moment {
		close(quit)
		<-done
		return moments
	}
}

// cpuOf reads what a process has used of the processors from /proc/PID/stat; 0 where
// there is none. Its unit is 1/100 s on every Linux.
func cpuOf(pid int) time.Duration {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	_, rest, found := strings.Cut(string(text), ") ") // behind the name, which may hold anything
	fields := strings.Fields(rest)
	if err != nil || !found || len(fields) < 13 {
		return 0
	}
	user, _ := strconv.ParseInt(fields[11], 10, 64)
	system, _ := strconv.ParseInt(fields[12], 10, 64)
	return time.Duration(user+system) * 10 * time.Millisecond
}

// statusBytes reads a line of /proc/PID/status; 0 where there is none.
func statusBytes(pid int, key string) int64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if rest, found := strings.CutPrefix(line, key); found {
			kilobytes, _ := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 10, 64)
			return kilobytes << 10
		}
	}
	return 0
}
