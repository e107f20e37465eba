package analyze_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"sonde"
	"sonde/analyze"
	"sonde/crawler/weburl"
	"sonde/pipeline"
	"sonde/store"
)

// A fixture is what one rule is proved by: testdata/rules/NAME.txt, in the manner of
// txtar. Its files are those of two hosts, fires and quiet: the rule must answer about
// the one and not about the other.
//
//	scheme: https            of both hosts; http where it is missing
//	alone: yes               it looks at a site as a whole, so each host is one
//	want: /page high         an answer about fires: a path, or "host" or "site", and its severity
//
//	-- fires/page --         a page of HTML; or
//	HTTP 301                 an answer with a header of its own
//	Location: /other
//
//	-- before/fires/page --  as it was in the run before
//	-- fires/* --            what every other path answers
//	-- rows --               SQL that follows the crawl, for what no web server shows
//
// A host without a page / has one that links to all others. In all texts {fires},
// {quiet} and {other} are the names of hosts, {words N} is so many words, and {bytes N}
// so many bytes.
type fixture struct {
	rule   string
	scheme string
	alone  bool
	want   []string
	files  map[string]string // by "fires/page"
	before map[string]string
	rows   string
}

func readFixtures(t *testing.T) []fixture {
	t.Helper()
	names, err := filepath.Glob("testdata/rules/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	var all []fixture
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		f := fixture{rule: strings.TrimSuffix(filepath.Base(name), ".txt"), scheme: "http", files: map[string]string{}, before: map[string]string{}}
		f.read(t, string(text))
		all = append(all, f)
	}
	return all
}

var fileMark = regexp.MustCompile(`(?m)^-- (\S+) --\n`)

func (f *fixture) read(t *testing.T, text string) {
	t.Helper()
	marks := fileMark.FindAllStringSubmatchIndex(text, -1)
	for line := range strings.Lines(text[:marks[0][0]]) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		switch key {
		case "scheme":
			f.scheme = value
		case "alone":
			f.alone = value == "yes"
		case "want":
			f.want = append(f.want, f.expand(value))
		}
	}
	for i, mark := range marks {
		end := len(text)
		if i+1 < len(marks) {
			end = marks[i+1][0]
		}
		name, body := text[mark[2]:mark[3]], f.expand(text[mark[1]:end])
		switch old, isOld := strings.CutPrefix(name, "before/"); {
		case isOld:
			f.before[old] = body
		case name == "rows":
			f.rows = body
		case strings.HasPrefix(name, "fires/"), strings.HasPrefix(name, "quiet/"), strings.HasPrefix(name, "other/"):
			f.files[name] = body
		default:
			t.Errorf("%s: a file cannot be called %q", f.rule, name)
		}
	}
}

// host is the name of one of the fixture's hosts.
func (f *fixture) host(role string) string {
	return role + "." + strings.ReplaceAll(strings.ReplaceAll(f.rule, ".", "-"), "_", "-") + ".localhost"
}

var fill = regexp.MustCompile(`\{(words|bytes) (\d+)\}`)

func (f *fixture) expand(text string) string {
	for _, role := range []string{"fires", "quiet", "other"} {
		text = strings.ReplaceAll(text, "{"+role+"}", f.host(role))
	}
	return fill.ReplaceAllStringFunc(text, func(mark string) string {
		parts := fill.FindStringSubmatch(mark)
		n, _ := strconv.Atoi(parts[2])
		if parts[1] == "bytes" {
			return strings.Repeat("x", n)
		}
		var words strings.Builder
		for i := range n {
			fmt.Fprintf(&words, "word%d ", i*i%977)
		}
		return words.String()
	})
}

// seeds are the URLs that a run of the hosts starts from.
func (f *fixture) seeds(roles ...string) []string {
	var seeds []string
	for _, role := range roles {
		if f.has(role) {
			seeds = append(seeds, f.scheme+"://"+f.host(role)+"/")
		}
	}
	return seeds
}

func (f *fixture) has(role string) bool {
	for name := range f.files {
		if strings.HasPrefix(name, role+"/") {
			return true
		}
	}
	return false
}

// web serves the hosts of fixtures as a proxy: http by itself, https through a tunnel
// to a server with TLS.
type web struct {
	fixtures map[string]*fixture // by host
	old      bool                // the pages as they were before
	secure   *httptest.Server
}

func newWeb(t *testing.T, fixtures []fixture) (w *web, proxy string) {
	w = &web{fixtures: map[string]*fixture{}}
	for i := range fixtures {
		for _, role := range []string{"fires", "quiet", "other"} {
			w.fixtures[fixtures[i].host(role)] = &fixtures[i]
		}
	}
	w.secure = httptest.NewTLSServer(w)
	t.Cleanup(w.secure.Close)
	plain := httptest.NewServer(w)
	t.Cleanup(plain.Close)
	return w, plain.URL
}

func (w *web) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodConnect {
		w.tunnel(rw)
		return
	}
	host, _, _ := strings.Cut(r.Host, ":")
	f := w.fixtures[host]
	if f == nil {
		http.NotFound(rw, r)
		return
	}
	role, _, _ := strings.Cut(host, ".")
	answer(rw, r, f.body(role, r.URL.RequestURI(), w.old))
}

// body is what a path of a host answers, "" for nothing.
func (f *fixture) body(role, path string, old bool) string {
	names := []string{role + path, role + "/*"}
	for _, name := range names {
		if body, ok := f.before[name]; ok && old {
			return body
		}
		if body, ok := f.files[name]; ok && !(name == role+"/*" && path == "/") {
			return body
		}
	}
	if path == "/" {
		return f.index(role)
	}
	return ""
}

// index links to every page of a host.
func (f *fixture) index(role string) string {
	body := "<!doctype html><html lang=en><title>The pages of this host</title><h1>Pages</h1>"
	for _, name := range slices.Sorted(maps.Keys(f.files)) {
		path, own := strings.CutPrefix(name, role+"/")
		if own && path != "robots.txt" && path != "*" && !strings.HasPrefix(path, "sitemap") {
			body += fmt.Sprintf("<p><a href=\"/%s\">The page %s</a>", path, path)
		}
	}
	return body
}

// answer writes a file of a fixture.
func answer(rw http.ResponseWriter, r *http.Request, body string) {
	status := http.StatusOK
	rw.Header().Set("Content-Type", "text/html; charset=utf-8")
	switch head, rest, _ := strings.Cut(body, "\n\n"); {
	case body == "":
		http.NotFound(rw, r)
		return
	case strings.HasPrefix(body, "HTTP "):
		body = rest
		lines := strings.Split(head, "\n")
		status, _ = strconv.Atoi(strings.TrimPrefix(lines[0], "HTTP "))
		for _, line := range lines[1:] {
			name, _, _ := strings.Cut(line, ": ")
			rw.Header().Del(name)
		}
		for _, line := range lines[1:] {
			name, value, _ := strings.Cut(line, ": ")
			rw.Header().Add(name, value)
		}
	}
	if strings.HasSuffix(r.URL.Path, ".txt") && status == http.StatusOK && !strings.HasPrefix(body, "<") {
		rw.Header().Set("Content-Type", "text/plain")
	}
	rw.Header().Set("Content-Length", strconv.Itoa(len(body)))
	rw.WriteHeader(status)
	if r.Method != http.MethodHead {
		io.WriteString(rw, body)
	}
}

// tunnel joins who asks with the server that speaks TLS.
func (w *web) tunnel(rw http.ResponseWriter) {
	inner, err := net.Dial("tcp", w.secure.Listener.Addr().String())
	if err != nil {
		rw.WriteHeader(http.StatusBadGateway)
		return
	}
	defer inner.Close()
	outer, buffered, err := rw.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	defer outer.Close()
	fmt.Fprint(outer, "HTTP/1.1 200 OK\r\n\r\n")
	go func() {
		io.Copy(inner, bufio.NewReader(buffered))
		inner.Close()
	}()
	io.Copy(outer, inner)
}

// TestMain keeps name servers out of the tests: the hosts of fixtures are all below
// localhost.
func TestMain(m *testing.M) {
	net.DefaultResolver = &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		return nil, errors.New("tests ask no name server")
	}}
	os.Exit(m.Run())
}

// analysed crawls the hosts twice, before and after, and analyses the second run.
func analysed(t *testing.T, fixtures []fixture, roles ...string) *store.File {
	t.Helper()
	w, proxy := newWeb(t, fixtures)
	file, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "sonde.db"), store.Options{Domain: weburl.RegistrableDomain})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	policy := sonde.DefaultPolicy()
	policy.Rate, policy.PerHost, policy.UserAgent, policy.Proxy, policy.Insecure, policy.External = 0, 16, "Sonde/test", proxy, true, true
	policy.Retries, policy.AllowNets = 0, []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}
	var seeds []string
	for _, f := range fixtures {
		seeds = append(seeds, f.seeds(roles...)...)
	}
	site, err := file.SaveSite(sonde.Site{Name: "fixtures", Seeds: seeds, Policy: policy})
	if err != nil {
		t.Fatal(err)
	}
	w.old = true
	crawl(t, file, site)
	w.old = false
	run := crawl(t, file, site)
	for _, f := range fixtures {
		alter(t, file, f, run.ID)
	}
	report, err := analyze.Run(t.Context(), file, run.ID, analyze.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, fault := range report.Faults {
		t.Error(fault)
	}
	return file
}

func crawl(t *testing.T, file *store.File, site sonde.Site) sonde.Run {
	t.Helper()
	result, err := pipeline.Crawl(t.Context(), pipeline.Order{File: file, Site: site})
	if err != nil || result.Run.Status != sonde.Finished {
		t.Fatalf("the run ended as %s: %s (%v)", result.Run.Status, result.Run.Reason, err)
	}
	return result.Run
}

// alter runs the SQL of a fixture.
func alter(t *testing.T, file *store.File, f fixture, run int64) {
	t.Helper()
	if f.rows == "" {
		return
	}
	err := file.Derive(t.Context(), nil, func(d *store.Derivation) error {
		return d.Commit(func() error {
			for statement := range strings.SplitSeq(f.rows, ";\n") {
				if strings.TrimSpace(statement) == "" {
					continue
				}
				if _, err := d.Exec(statement, store.Named{":run": run}); err != nil {
					return fmt.Errorf("%s: %w", statement, err)
				}
			}
			return nil
		})
	})
	if err != nil {
		t.Errorf("%s: %v", f.rule, err)
	}
}

// answers lists what a rule says of a host: "/page high", "host low", "site info".
func answers(t *testing.T, file *store.File, rule, host string) []string {
	t.Helper()
	var list []string
	err := file.Rows(context.WithoutCancel(t.Context()), `SELECT subject, coalesce(url, ''), severity, evidence FROM issues
		WHERE rule = :rule AND (host = :host OR subject = 'site' OR instr(evidence, '//' || :host || '/') > 0)
			AND state IN ('new', 'ongoing', 'regressed')`,
		store.Named{":rule": rule, ":host": host}, func(row store.Row) error {
			subject := row.Text(0)
			if subject == "page" {
				subject = row.Text(1)
				if _, path, own := strings.Cut(subject, "//"+host); own {
					subject = path
				}
			}
			list = append(list, subject+" "+row.Text(2))
			return nil
		})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(list)
	return list
}

// TestRules holds every rule to its fixture.
func TestRules(t *testing.T) {
	var together, alone []fixture
	for _, f := range readFixtures(t) {
		if f.alone {
			alone = append(alone, f)
		} else {
			together = append(together, f)
		}
	}
	file := analysed(t, together, "fires", "quiet")
	for _, f := range together {
		t.Run(f.rule, func(t *testing.T) { f.judge(t, file, file) })
	}
	for _, f := range alone {
		t.Run(f.rule, func(t *testing.T) {
			f.judge(t, analysed(t, []fixture{f}, "fires"), analysed(t, []fixture{f}, "quiet"))
		})
	}
}

// judge compares what the rule says of the two hosts with what it should.
func (f *fixture) judge(t *testing.T, fires, quiet *store.File) {
	t.Helper()
	if got := answers(t, fires, f.rule, f.host("fires")); len(got) == 0 || len(f.want) > 0 && !slices.Equal(got, f.want) {
		t.Errorf("it answers %q, want %q", got, f.want)
	}
	if got := answers(t, quiet, f.rule, f.host("quiet")); len(got) > 0 {
		t.Errorf("it answers %q where it should not", got)
	}
}

// TestEveryRuleHasAFixture guards against a rule that nothing proves.
func TestEveryRuleHasAFixture(t *testing.T) {
	have := map[string]bool{}
	for _, f := range readFixtures(t) {
		have[f.rule] = true
		if !f.has("fires") || !f.has("quiet") {
			t.Errorf("%s: its fixture lacks a host", f.rule)
		}
	}
	for _, r := range analyze.Rules() {
		if !have[r.Name] {
			t.Errorf("%s has no fixture", r.Name)
		}
	}
}
