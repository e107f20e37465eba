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
	wall     time.Duration
	cpu      time.Duration // user and system
	peak     int64         // most memory at once, bytes
	exit     int
	stdout   string
	errors   string   // the file with its standard error
	memories []memory // once a second
}

// memory is how much a process held at a moment.
type memory struct {
	at    time.Duration
	bytes int64
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
	u := usage{wall: time.Since(start), stdout: stdout.String(), errors: said.Name()}
	u.peak, u.memories = stop()
	u.fill(child.ProcessState)
	return u, c.judge(ctx, u, err, said.Name())
}

// fill takes what the kernel counted (wait4).
func (u *usage) fill(state *os.ProcessState) {
	u.cpu = state.UserTime() + state.SystemTime()
	u.exit = state.ExitCode()
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

// watch samples a process's memory until the function that it returns is called;
// that gives the peak and a sample for each second. The kernel keeps the peak of
// a process itself (VmHWM), apart from what its parent held when it was started,
// which wait4 mixes in.
func watch(pid int, start time.Time) (stop func() (int64, []memory)) {
	const interval = 50 * time.Millisecond
	var peak int64
	var samples []memory
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		ticks := time.NewTicker(interval)
		defer ticks.Stop()
		for {
			peak = max(peak, statusBytes(pid, "VmHWM:"))
			if at := time.Since(start); at >= time.Duration(len(samples)+1)*time.Second {
				samples = append(samples, memory{at, statusBytes(pid, "VmRSS:")})
			}
			select {
			case <-quit:
				return
			case <-ticks.C:
			}
		}
	}()
	return func() (int64, []memory) {
		close(quit)
		<-done
		return peak, samples
	}
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
