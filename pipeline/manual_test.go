package pipeline_test

import (
	"bufio"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/net/html"
	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"sonde"
	"sonde/crawler/weburl"
	"sonde/internal/loopback"
	"sonde/pipeline"
	"sonde/store"
)

// TestManuals crawls real manuals behind a real server and compares what came with
// a list made by other means (x/net/html and net/url over the files) and with the
// server's log.
func TestManuals(t *testing.T) {
	for _, manual := range []struct{ name, root, start, pkg string }{
		{"python", "/usr/share/doc/python3/html", "/index.html", "python3-doc"},
		{"debian-reference", "/usr/share/debian-reference", "/index.en.html", "debian-reference-en"},
	} {
		t.Run(manual.name, func(t *testing.T) {
			if _, err := os.Stat(manual.root + manual.start); err != nil {
				t.Skipf("the Debian package %s is not installed", manual.pkg)
			}
			server := serveFiles(t, manual.root)
			run, file := crawlAll(t, server.origin+manual.start)
			server.stop()

			want := reachable(t, manual.root, manual.start)
			got := column(t, file, "SELECT substr(url, length(?) + 1) FROM pages WHERE status = 200 AND content_type = 'text/html' AND used_for = 'read'", server.origin)
			if missing, extra := without(want, got), without(got, want); len(missing)+len(extra) > 0 {
				t.Errorf("of %d pages %d are missing (%.10q), %d are not in the list (%.10q)", len(want), len(missing), missing, len(extra), extra)
			}
			if pages := len(column(t, file, "SELECT url FROM pages WHERE outcome IN ('ok', 'redirect', 'http_error')")); int64(pages) != run.Counts.Pages {
				t.Errorf("the run counts %d pages, the view has %d", run.Counts.Pages, pages)
			}
			logged := server.requests(t)
			asked := column(t, file, "SELECT substr(url, length(?) + 1) FROM pages WHERE attempts > 0", server.origin)
			ofTheOrigin := slices.DeleteFunc(slices.Clone(logged), func(path string) bool {
				return path != "/robots.txt" && !strings.Contains(path, "/sonde-asks-for-no-page-")
			})
			if len(ofTheOrigin) != 2 {
				t.Errorf("%q were asked for, want robots.txt and a page that nobody made, once each", ofTheOrigin)
			}
			if missing, extra := without(slices.Concat(asked, ofTheOrigin), logged), without(logged, slices.Concat(asked, ofTheOrigin)); len(missing)+len(extra) > 0 {
				t.Errorf("the server did not see %.10q; it saw besides %.10q", missing, extra)
			}
			if attempts := column(t, file, "SELECT sum(attempts) + ? FROM pages", len(ofTheOrigin))[0]; attempts != fmt.Sprint(len(logged)) {
				t.Errorf("the file knows of %s requests, the server of %d", attempts, len(logged))
			}
			t.Logf("%d pages, %d requests", len(got), len(logged))
		})
	}
}

// without lists what of one list is not in another.
func without(list, other []string) []string {
	has := map[string]bool{}
	for _, s := range other {
		has[s] = true
	}
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return has[s] })
}

// reachable follows the links of the pages in a folder, from start on, and lists those
// that are there.
func reachable(t *testing.T, root, start string) []string {
	t.Helper()
	seen := map[string]bool{start: true}
	var found []string
	for next := []string{start}; len(next) > 0; next = next[1:] {
		path := next[0]
		source, err := os.Open(filepath.Join(root, path))
		if err != nil {
			continue
		}
		found = append(found, path)
		for _, href := range hrefs(t, source) {
			if to := inFolder(path, href); to != "" && !seen[to] {
				seen[to] = true
				next = append(next, to)
			}
		}
		source.Close()
	}
	return found
}

// hrefs lists what the pages' elements lead to that a crawler reads as pages.
func hrefs(t *testing.T, source *os.File) []string {
	t.Helper()
	tree, err := html.Parse(source)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for node := range tree.Descendants() {
		if node.Type != html.ElementNode || node.Data != "a" && node.Data != "area" && node.Data != "link" && node.Data != "iframe" {
			continue
		}
		for _, a := range node.Attr {
			if a.Key == "href" || a.Key == "src" && node.Data == "iframe" {
				list = append(list, a.Val)
			}
		}
	}
	return list
}

// inFolder is the path of an HTML file that a reference leads to, "" for what leads
// elsewhere.
func inFolder(from, href string) string {
	base, err := url.Parse("http://manual" + from)
	if err != nil {
		return ""
	}
	to, err := base.Parse(strings.TrimSpace(href))
	if err != nil || to.Host != "manual" || !strings.HasSuffix(to.Path, ".html") {
		return ""
	}
	return to.Path
}

func crawlAll(t *testing.T, seed string) (sonde.Run, *store.File) {
	t.Helper()
	file, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "sonde.db"), store.Options{Domain: weburl.RegistrableDomain})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	policy := sonde.DefaultPolicy()
	policy.Rate, policy.PerHost, policy.UserAgent = 0, 16, "Sonde/test"
	site, err := file.SaveSite(sonde.Site{Name: "manual", Seeds: []string{seed}, Policy: policy})
	if err != nil {
		t.Fatal(err)
	}
	result, err := pipeline.Crawl(t.Context(), pipeline.Order{File: file, Site: site})
	if err != nil || result.Run.Status != sonde.Finished {
		t.Fatalf("the run ended as %s: %s (%v)", result.Run.Status, result.Run.Reason, err)
	}
	return result.Run, file
}

func column(t *testing.T, f *store.File, query string, args ...any) []string {
	t.Helper()
	var list []string
	err := f.Read(t.Context(), func(conn *sqlite.Conn) error {
		return sqlitex.Execute(conn, query, &sqlitex.ExecOptions{
			Args:       args,
			ResultFunc: func(stmt *sqlite.Stmt) error { list = append(list, stmt.ColumnText(0)); return nil },
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// fileServer is an nginx on loopback.
type fileServer struct {
	origin string
	dir    string
	cmd    *exec.Cmd
}

func serveFiles(t *testing.T, root string) *fileServer {
	t.Helper()
	program, err := exec.LookPath("/usr/sbin/nginx")
	if err != nil {
		t.Skip("the Debian package nginx is not installed")
	}
	port, err := loopback.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	config := fmt.Sprintf(`daemon off; master_process off; pid %[1]s/pid; error_log %[1]s/error.log;
events {}
http {
  include /etc/nginx/mime.types;
  log_format path '$request_uri';
  access_log %[1]s/access.log path;
  client_body_temp_path %[1]s; proxy_temp_path %[1]s; fastcgi_temp_path %[1]s; uwsgi_temp_path %[1]s; scgi_temp_path %[1]s;
  server { listen 127.0.0.1:%[2]d; root %[3]s; }
}`, dir, port, root)
	path := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(path, []byte(config), 0o644); err != nil {
		t.Fatal(err)
	}
	s := &fileServer{fmt.Sprintf("http://127.0.0.1:%d", port), dir, exec.Command(program, "-c", path, "-e", dir+"/error.log")}
	s.cmd.Stderr = os.Stderr
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.stop)
	listening(t, fmt.Sprintf("127.0.0.1:%d", port))
	return s
}

// stop lets the server finish and waits for it.
func (s *fileServer) stop() {
	s.cmd.Process.Signal(syscall.SIGQUIT)
	s.cmd.Wait()
}

func (s *fileServer) requests(t *testing.T) []string {
	t.Helper()
	log, err := os.Open(filepath.Join(s.dir, "access.log"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	var list []string
	for lines := bufio.NewScanner(log); lines.Scan(); {
		list = append(list, lines.Text())
	}
	return list
}

// listening waits until something accepts connections.
func listening(t *testing.T, address string) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for range 500 {
		if c, err := net.Dial("tcp", address); err == nil {
			c.Close()
			return
		}
		<-tick.C
	}
	t.Fatalf("nothing listens on %s", address)
}
