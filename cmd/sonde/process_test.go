package main

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"sonde"
)

// process is a sonde of its own.
type process struct {
	*exec.Cmd
	t           *testing.T
	out, errors screen
}

// start starts a sonde on the database of the test.
func (c *caller) start(args ...string) *process {
	c.Helper()
	program, err := os.Executable()
	if err != nil {
		c.Fatal(err)
	}
	p := &process{Cmd: exec.Command(program, args...), t: c.T}
	p.Env = append(os.Environ(), asProgram+"=1", "SONDE_DB="+c.path("sonde.db"))
	p.Dir = c.dir
	p.Stdout, p.Stderr = &p.out, &p.errors
	if err := p.Start(); err != nil {
		c.Fatal(err)
	}
	c.Cleanup(func() { _ = p.Process.Kill() })
	return p
}

// ended waits for the process.
func (p *process) ended() ended {
	p.t.Helper()
	_ = p.Wait() // the code says it
	return ended{p.ProcessState.ExitCode(), p.out.String(), p.errors.String()}
}

func (p *process) signal(s os.Signal) {
	p.t.Helper()
	if err := p.Process.Signal(s); err != nil {
		p.t.Fatal(err)
	}
}

// pause waits a moment, for a test that looks at something again and again.
func (p *process) pause() {
	p.t.Helper()
	select {
	case <-time.After(2 * time.Millisecond):
	case <-p.t.Context().Done():
		p.t.Fatal("the test was given up")
	}
}

// says waits until the process has printed a text on standard error.
func (p *process) says(text string) {
	p.t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !strings.Contains(p.errors.String(), text) {
		select {
		case <-tick.C:
		case <-p.t.Context().Done():
			p.t.Fatalf("it never said %q", text)
		}
	}
}

// slowBook is a book whose third chapter keeps its reader waiting until the test ends
// or release is closed. reached is closed when it is asked for.
func slowBook(t *testing.T) (b *book, url string, reached, release chan struct{}) {
	t.Helper()
	reached, release = make(chan struct{}), make(chan struct{})
	b = &book{chapters: 8}
	b.hold = func(path string, r *http.Request) {
		if path != "/3" || b.times(path) > 1 {
			return
		}
		close(reached)
		select {
		case <-release:
		case <-r.Context().Done():
		case <-t.Context().Done():
		}
	}
	return b, serve(t, b) + "/1", reached, release
}

// TestHeldFile starts a second sonde on a file that a first one is writing.
func TestHeldFile(t *testing.T) {
	c := newCaller(t)
	_, url, reached, release := slowBook(t)
	first := c.start(fast(url)...)
	<-reached

	// It ends while the first still goes on, so it did not wait for it.
	second := c.start(fast("--site", "other", url)...).ended()
	c.wants(second, exitHeld, "sonde.db is held by sonde (process ", ": sonde crawl)", "sonde runs stop")
	c.wants(c.sonde("runs", "list"), exitDone, "running")
	c.wants(c.sonde("demo", "--no-serve", "--db", c.path("sonde.db")), exitHeld, "is held")

	close(release)
	c.wants(first.ended(), exitDone, "finished")
}

// TestFirstSignal stops a crawl gently, by either signal, and resumes it.
func TestFirstSignal(t *testing.T) {
	for _, s := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		t.Run(s.String(), func(t *testing.T) {
			c := newCaller(t)
			b, url, reached, release := slowBook(t)
			p := c.start(fast(url)...)
			<-reached
			p.signal(s)
			p.says("Stopping:")
			close(release)
			c.wants(p.ended(), exitInterrupted, "Stopping:", "run 1: stopped", "Next: sonde runs resume 1")
			c.wants(c.sonde("crawl", "--resume", url), exitDone, "finished")
			if n := b.times("/3"); n != 1 {
				t.Errorf("what was on its way was asked for %d times, want once", n)
			}
			if s := c.show(); s.Outcomes[sonde.OK] != 8 {
				t.Errorf("the run is %+v, want 8 chapters", s)
			}
		})
	}
}

// TestSecondSignal ends a crawl at once although an answer is on its way, and resumes
// it all the same.
func TestSecondSignal(t *testing.T) {
	c := newCaller(t)
	_, url, reached, release := slowBook(t)
	defer close(release)
	p := c.start(fast(url)...)
	<-reached
	p.signal(os.Interrupt)
	p.says("Stopping:")
	p.signal(os.Interrupt)
	c.wants(p.ended(), exitInterrupted, "!stopped in")
	c.wants(c.sonde("runs", "resume"), exitDone, "finished")
	if s := c.show(); s.Outcomes[sonde.OK] != 8 {
		t.Errorf("the run is %+v, want 8 chapters", s)
	}
}

// TestBackupWhileRunning copies a file that a crawl writes; the copy is whole.
func TestBackupWhileRunning(t *testing.T) {
	c := newCaller(t)
	_, url, reached, release := slowBook(t)
	p := c.start(fast(url)...)
	<-reached
	target := filepath.Join(t.TempDir(), "copy.db")
	c.wants(c.sonde("db", "backup", target), exitDone, "is a copy of")
	c.wants(c.sonde("db", "check", "--db", target), exitDone, "ok")
	close(release)
	c.wants(p.ended(), exitDone, "finished")
}

// TestRunsStop stops a crawl from outside.
func TestRunsStop(t *testing.T) {
	c := newCaller(t)
	c.wants(c.sonde("runs", "stop"), exitNoFile, "no such database")
	_, url, reached, release := slowBook(t)
	p := c.start(fast(url)...)
	<-reached
	stop := c.start("runs", "stop")
	p.says("Stopping:")
	close(release)
	c.wants(stop.ended(), exitDone, "Asked process ", "(sonde crawl) to stop")
	c.wants(p.ended(), exitInterrupted, "stopped")
	c.wants(c.sonde("runs", "stop"), exitDone, "No run goes on in")
	c.wants(c.sonde("runs", "show"), exitDone, "run 1: stopped", "not done")
}

// TestStandsOnItsOwn runs the program as the shell does.
func TestStandsOnItsOwn(t *testing.T) {
	c := newCaller(t)
	e := c.start("version").ended()
	if e.code != exitDone || !strings.HasPrefix(e.out, "sonde ") || e.errors != "" {
		t.Errorf("sonde version ended with %+v", e)
	}
	c.wants(c.start("dive").ended(), exitUsage, `"dive" is not a command`)
}
