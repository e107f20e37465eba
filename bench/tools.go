//go:build unix

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// crawl is what a crawler is asked to do.
type crawl struct {
	url         string
	connections int
	round       string // names files
	database    string // of sonde
	bodies      string // of sonde: all or none
}

// tool is a crawler and how it is told what to do.
type tool struct {
	name    string
	command func(b *bench, c crawl) (command, error)
}

// chosenTools are the crawlers that -tools names, in that order.
func (b *bench) chosenTools() ([]tool, error) {
	known := map[string]tool{
		"sonde":   {"sonde", (*bench).sondeCommand},
		"wget2":   {"wget2", (*bench).wget2Command},
		"goquery": {"goquery", (*bench).goqueryCommand},
	}
	var chosen []tool
	for name := range strings.SplitSeq(b.tools, ",") {
		t, found := known[name]
		if !found {
			return nil, fmt.Errorf("%q is no crawler; take sonde, wget2 or goquery", name)
		}
		chosen = append(chosen, t)
	}
	return chosen, nil
}

// sondeCommand is a crawl with everything recorded and no pace. Flags that this
// sonde does not know yet are left out.
func (b *bench) sondeCommand(c crawl) (command, error) {
	help, err := exec.Command(b.sonde, "crawl", "--help").CombinedOutput()
	if err != nil {
		return command{}, fmt.Errorf("ask %s for its flags (make build): %w\n%s", b.sonde, err, help)
	}
	wanted := [][2]string{
		{"--db", c.database}, {"--rate", "0"}, {"--per-host", strconv.Itoa(c.connections)},
		{"--concurrency", strconv.Itoa(max(c.connections, 64))}, {"--probe", "off"},
	}
	if c.bodies != "" {
		wanted = append(wanted, [2]string{"--bodies", c.bodies})
	}
	args := []string{b.sonde, "crawl", c.url}
	for _, flag := range wanted {
		if strings.Contains(string(help), flag[0]+" ") {
			args = append(args, flag[0], flag[1])
		}
	}
	args = append(args, strings.Fields(b.extra)...)
	return command{name: "sonde-" + c.round, args: args, dir: b.dir}, nil
}

// wget2Command downloads everything below the URL into a folder in memory. Exit
// code 8 says that some links were dead.
func (b *bench) wget2Command(c crawl) (command, error) {
	return command{
		name: "wget2-" + c.round, dir: b.dir, okay: []int{8},
		args: []string{
			"wget2", "--no-config", "--quiet", "--recursive", "--level=inf", "--no-parent",
			"--max-threads=" + strconv.Itoa(c.connections),
			"--directory-prefix=" + filepath.Join(b.dir, "wget2-"+c.round), c.url,
		},
	}, nil
}

// goqueryCommand builds the bare crawler where it is not built yet.
func (b *bench) goqueryCommand(c crawl) (command, error) {
	program := filepath.Join(b.dir, "goquerycrawler")
	if _, err := os.Stat(program); err != nil {
		if said, err := exec.Command("go", "build", "-o", program, "sonde/bench/goquerycrawler").CombinedOutput(); err != nil {
			return command{}, fmt.Errorf("build the goquery crawler: %w\n%s", err, said)
		}
	}
	return command{
		name: "goquery-" + c.round, dir: b.dir,
		args: []string{program, "-workers", strconv.Itoa(c.connections), c.url},
	}, nil
}

// pagesInFile asks sonde how many HTML pages of the latest run it recorded.
func (b *bench) pagesInFile(ctx context.Context, database string) (int64, error) {
	const question = "SELECT count(*) AS pages FROM pages WHERE status IN (200, 304) AND content_type = 'text/html'"
	answer, err := exec.CommandContext(ctx, b.sonde, "query", "--db", database, "--json", question).Output()
	if err != nil {
		return 0, fmt.Errorf("ask %s for its pages: %w", database, err)
	}
	var rows []struct{ Pages int64 }
	if err := json.Unmarshal(answer, &rows); err != nil || len(rows) != 1 {
		return 0, fmt.Errorf("ask %s for its pages: %v in %s", database, err, answer)
	}
	return rows[0].Pages, nil
}

// closedAt asks sonde when the latest run was closed: all that it crawled is recorded
// then, and nothing of it analysed.
func (b *bench) closedAt(ctx context.Context, database string) (time.Time, error) {
	const question = "SELECT finished_at FROM runs ORDER BY id DESC LIMIT 1"
	answer, err := exec.CommandContext(ctx, b.sonde, "query", "--db", database, "--json", question).Output()
	if err != nil {
		return time.Time{}, fmt.Errorf("ask %s when its run was closed: %w", database, err)
	}
	var rows []struct {
		At time.Time `json:"finished_at"`
	}
	if err := json.Unmarshal(answer, &rows); err != nil || len(rows) != 1 {
		return time.Time{}, fmt.Errorf("ask %s when its run was closed: %v in %s", database, err, answer)
	}
	return rows[0].At, nil
}

// fileBytes is the size of a database with what belongs to it.
func fileBytes(database string) int64 {
	var total int64
	for _, suffix := range []string{"", "-wal"} {
		if info, err := os.Stat(database + suffix); err == nil {
			total += info.Size()
		}
	}
	return total
}

// removeDatabase removes a database with all files beside it.
func removeDatabase(database string) error {
	names, err := filepath.Glob(database + "*")
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := os.RemoveAll(name); err != nil {
			return err
		}
	}
	return nil
}
