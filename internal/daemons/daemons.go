//go:build linux

// Package daemons starts real servers from Debian packages for tests, each with
// everything of its own in a temporary folder and on a port of loopback that is not
// the usual one, and ends them with the test.
//
//	for _, d := range daemons.Start(t, "vsftpd", "nginx") {
//		… d.Address, d.Service, d.Version …
//	}
//
// What a machine lacks is left out, and the test told so. recipes.go lists the servers,
// the files beside it hold how each is set up, ntp.go how one is reached that knows no
// port but its own.
package daemons

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"sonde/internal/loopback"
)

// Daemon is a port on which a server answers.
type Daemon struct {
	Service string // the protocol, as sonde.Service.Name has it
	Product string // "" where the protocol does not tell it
	Version string // of the program, without its packager's part; "" where the protocol does not tell it
	TLS     bool   // from the first byte on
	UDP     bool
	Address string // host:port

	StartTLS     bool // it can go over to TLS
	tellsVersion bool
}

// Names are all servers that can be started.
func Names() []string {
	names := make([]string, len(recipes))
	for i, r := range recipes {
		names[i] = r.name
	}
	return names
}

// startTime is how long a server may take to answer.
const startTime = 60 * time.Second

// Start starts servers by name, all at once, and returns their ports when all answer.
// A server that this machine lacks is left out and logged; where none is left, the
// test is skipped.
func Start(t testing.TB, names ...string) []Daemon {
	t.Helper()
	fleet, err := Launch(t.Context(), names...)
	t.Cleanup(fleet.Stop)
	if err != nil {
		t.Fatal(err)
	}
	for _, missing := range fleet.Missing {
		t.Log(missing)
	}
	if len(fleet.Daemons) == 0 {
		t.Skipf("none of %s can be started here", strings.Join(names, ", "))
	}
	return fleet.Daemons
}

// Fleet is servers that were started together.
type Fleet struct {
	Daemons []Daemon
	Missing []error // why servers were left out
	boxes   []*box
}

// Launch is Start without a test. The fleet is to be stopped, after an error too.
func Launch(ctx context.Context, names ...string) (*Fleet, error) {
	f := &Fleet{}
	started := make([][]Daemon, len(names))
	errs := make([]error, len(names))
	var all sync.WaitGroup
	for i, name := range names {
		b := &box{}
		f.boxes = append(f.boxes, b)
		all.Go(func() { started[i], errs[i] = start(ctx, name, b) })
	}
	all.Wait()
	var failed error
	for i, err := range errs {
		if missing := new(missingError); errors.As(err, &missing) {
			f.Missing = append(f.Missing, fmt.Errorf("without %s: %w", names[i], err))
		} else if err != nil {
			failed = errors.Join(failed, fmt.Errorf("start %s: %w", names[i], err))
		}
	}
	f.Daemons = slices.Concat(started...)
	return f, failed
}

// Stop ends all servers and removes their files.
func (f *Fleet) Stop() {
	for _, b := range f.boxes {
		b.stop()
	}
}

// missingError says what a machine lacks to start a server.
type missingError struct{ what string }

func (e *missingError) Error() string { return e.what }

// folder makes one that unprivileged servers can enter, with a name short enough for
// sockets below it.
func folder() (string, error) {
	dir, err := os.MkdirTemp("", "sonde-")
	if err != nil {
		return "", err
	}
	return dir, os.Chmod(dir, 0o755)
}

// box is one server with what belongs to it.
type box struct {
	dir     string
	ports   []int // of loopback, one for each daemon but those on UDP that share one
	log     bytes.Buffer
	process *exec.Cmd
	ended   chan struct{} // closed when the process has ended
	relay   *relay
}

// start sets up a server, starts it, and waits until it answers.
func start(ctx context.Context, name string, b *box) ([]Daemon, error) {
	i := slices.IndexFunc(recipes, func(r recipe) bool { return r.name == name })
	if i < 0 {
		return nil, fmt.Errorf("no such server; there are %s", strings.Join(Names(), ", "))
	}
	r := recipes[i]
	version, err := installed(ctx, r.packs)
	if err != nil {
		return nil, err
	}
	if r.root && os.Geteuid() != 0 {
		return nil, &missingError{"it starts only as root"}
	}
	if b.dir, err = folder(); err != nil {
		return nil, err
	}
	daemons, err := b.daemons(r, version)
	if err != nil {
		return nil, err
	}
	if err := b.launch(ctx, r); err != nil {
		return nil, err
	}
	if r.begun != nil {
		return daemons, r.begun(ctx, b, daemons)
	}
	return daemons, b.answers(ctx, daemons)
}

// installed asks dpkg for packages, and returns the version of the first without
// epoch and revision.
func installed(ctx context.Context, packs []string) (string, error) {
	var versions []string
	for _, pack := range packs {
		out, err := exec.CommandContext(ctx, "dpkg-query", "-W", "-f", "${db:Status-Status} ${Version}", pack).Output()
		version, ok := strings.CutPrefix(string(out), "installed ")
		if err != nil || !ok {
			return "", &missingError{"the Debian package " + pack + " is not installed"}
		}
		versions = append(versions, version)
	}
	version := versions[0]
	if _, after, found := strings.Cut(version, ":"); found {
		version = after
	}
	version, _, _ = strings.Cut(version, "-")
	version, _, _ = strings.Cut(version, "+")
	return version, nil
}

// daemons fills in where the recipe's servers are to be. One on UDP shares the number
// of the one on TCP before it.
func (b *box) daemons(r recipe, version string) ([]Daemon, error) {
	daemons := slices.Clone(r.serves)
	for i := range daemons {
		d := &daemons[i]
		if d.tellsVersion {
			d.Version = version
		}
		if !d.UDP || len(b.ports) == 0 {
			port, err := loopback.FreePort()
			if err != nil {
				return nil, err
			}
			b.ports = append(b.ports, port)
		}
		d.Address = fmt.Sprintf("127.0.0.1:%d", b.ports[len(b.ports)-1])
	}
	return daemons, nil
}

// launch prepares the server's files and starts it.
func (b *box) launch(ctx context.Context, r recipe) error {
	owner, err := credential(r.user)
	if err != nil {
		return err
	}
	if owner != nil {
		if err := os.Chown(b.dir, int(owner.Uid), int(owner.Gid)); err != nil {
			return err
		}
	}
	command, err := r.prepare(ctx, b, owner)
	if err != nil {
		return err
	}
	b.process = b.command(ctx, owner, command...)
	if err := b.process.Start(); err != nil {
		return err
	}
	b.ended = make(chan struct{})
	go func() {
		b.process.Wait()
		close(b.ended)
	}()
	return nil
}

// command makes a process that runs in the box, with a group of its own that can be
// ended as a whole. The test's context does not end it: stop does, gently.
func (b *box) command(ctx context.Context, owner *syscall.Credential, words ...string) *exec.Cmd {
	program := exec.CommandContext(context.WithoutCancel(ctx), words[0], words[1:]...)
	program.Dir, program.Stdout, program.Stderr = b.dir, &b.log, &b.log
	program.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", "MAIL_CONFIG=" + b.dir}
	program.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL, Credential: owner}
	return program
}

// credential is the user that a server runs as when we are root; nil: as we do.
func credential(name string) (*syscall.Credential, error) {
	if name == "" || os.Geteuid() != 0 {
		return nil, nil
	}
	found, err := user.Lookup(name)
	if err != nil {
		return nil, &missingError{err.Error()}
	}
	uid, _ := strconv.Atoi(found.Uid)
	gid, _ := strconv.Atoi(found.Gid)
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid), NoSetGroups: false}, nil
}

// answers waits until all daemons on TCP accept connections.
func (b *box) answers(ctx context.Context, daemons []Daemon) error {
	for _, d := range daemons {
		if d.UDP {
			continue
		}
		err := b.await(ctx, func() bool {
			conn, err := net.Dial("tcp", d.Address)
			if err == nil {
				conn.Close()
			}
			return err == nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// await tries until it succeeds, the server ends, or the time is over.
func (b *box) await(ctx context.Context, try func() bool) error {
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	ticks := time.NewTicker(20 * time.Millisecond)
	defer ticks.Stop()
	for !try() {
		select {
		case <-b.ended:
			return fmt.Errorf("it ended at once: %s", &b.log)
		case <-ctx.Done():
			return fmt.Errorf("it does not answer: %w", ctx.Err())
		case <-ticks.C:
		}
	}
	return nil
}

// stop ends the server and all its children, gently at first, and removes its files.
func (b *box) stop() {
	defer b.clear()
	if b.relay != nil {
		b.relay.close()
	}
	if b.ended == nil {
		return
	}
	syscall.Kill(-b.process.Process.Pid, syscall.SIGTERM)
	select {
	case <-b.ended:
	case <-time.After(2 * time.Second):
	}
	syscall.Kill(-b.process.Process.Pid, syscall.SIGKILL)
	<-b.ended
}

func (b *box) clear() {
	if b.dir != "" {
		os.RemoveAll(b.dir)
	}
}

// write puts a file into the box and returns its path.
func (b *box) write(name, text string) (string, error) {
	path := filepath.Join(b.dir, name)
	return path, os.WriteFile(path, []byte(text), 0o644)
}
