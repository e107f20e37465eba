package dashboard_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"sonde"
	"sonde/accounts"
	"sonde/dashboard"
)

// concrete fills the parameters of a route's path.
func concrete(path string) string {
	return strings.NewReplacer(":id", "1", ":rule", "title.missing", ":name", "127.0.0.1", ":file", "nothing.css").Replace(path)
}

func withLogin(c *dashboard.Config) { c.Login = true }

// open are the routes that everybody may use where people log in.
var open = map[string]bool{
	"GET /healthz": true, "GET /assets/:file": true, "GET /login": true, "GET /setup": true,
	"POST /login": true, "POST /setup": true, "POST /logout": true,
}

// TestRoutesAreClosed walks all routes: nobody gets in without a session, a foreign
// name or a page of another site gets nowhere.
func TestRoutesAreClosed(t *testing.T) {
	b := newBoard(t, withLogin)
	for _, r := range dashboard.Routes(t, b.file) {
		path := concrete(r.Path)
		name := r.Method + " " + r.Path
		a := b.ask(r.Method, path, nil)
		toLogin := a.status == http.StatusSeeOther && strings.HasPrefix(a.header.Get("Location"), "/login?then=")
		if !open[name] && a.status != http.StatusUnauthorized && !toLogin {
			t.Errorf("%s without a session: %d, %s", name, a.status, a.header.Get("Location"))
		}
		if a := b.ask(r.Method, path, nil, "Host", "evil.example"); a.status != http.StatusMisdirectedRequest {
			t.Errorf("%s by a foreign name: %d", name, a.status)
		}
		if a := b.ask(r.Method, path, nil, "Authorization", "Bearer sonde_guessed"); !open[name] && a.status != http.StatusUnauthorized {
			t.Errorf("%s with a token that is none: %d", name, a.status)
		}
		if r.Method == http.MethodGet {
			continue
		}
		for _, header := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "https://evil.example"}} {
			if a := b.ask(r.Method, path, url.Values{}, header...); a.status != http.StatusForbidden {
				t.Errorf("%s from another site (%s): %d", name, header[1], a.status)
			}
		}
	}
}

// TestGetChangesNothing: routes that change something take POST only, and every GET
// leaves the file as it was.
func TestGetChangesNothing(t *testing.T) {
	b := newBoard(t, nil)
	b.crawl("site", serve(t, small))
	before := b.get("/sites.json") + b.get("/runs.json")
	for _, r := range dashboard.Routes(t, b.file) {
		switch {
		case r.Path == "/events":
		case r.Method == http.MethodGet:
			if a := b.ask(http.MethodGet, concrete(r.Path), nil); a.status >= http.StatusInternalServerError {
				t.Errorf("GET %s: %d\n%s", r.Path, a.status, a.body)
			}
		default:
			for _, method := range []string{http.MethodPut, http.MethodPatch, http.MethodDelete} {
				if a := b.ask(method, concrete(r.Path), nil); a.status < 400 {
					t.Errorf("%s %s: %d", method, r.Path, a.status)
				}
			}
		}
	}
	if after := b.get("/sites.json") + b.get("/runs.json"); after != before {
		t.Errorf("after every GET the file says\n%s\nand it said\n%s", after, before)
	}
}

// TestViewersCommandNothing walks all routes as a viewer.
func TestViewersCommandNothing(t *testing.T) {
	b := newBoard(t, withLogin)
	token, err := b.book.AddToken(t.Context(), "viewer", accounts.Viewer, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range dashboard.Routes(t, b.file) {
		if r.Path == "/events" || r.Path == "/logout" {
			continue
		}
		a := b.ask(r.Method, concrete(r.Path), nil, "Authorization", "Bearer "+token)
		if forbidden := a.status == http.StatusForbidden; forbidden != r.Admin && r.Path != "/setup" {
			t.Errorf("%s %s as a viewer: %d", r.Method, r.Path, a.status)
		}
	}
}

func TestSecurityHeaders(t *testing.T) {
	b := newBoard(t, func(c *dashboard.Config) { c.HTTPS = true })
	for _, path := range []string{"/", "/nothing", "/pages.csv", "/healthz"} {
		h := b.ask(http.MethodGet, path, nil).header
		for name, part := range map[string]string{
			"Content-Security-Policy": "default-src 'none'", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
			"Cross-Origin-Opener-Policy": "same-origin", "Cache-Control": "no-store", "Strict-Transport-Security": "max-age=",
		} {
			if !strings.Contains(h.Get(name), part) {
				t.Errorf("%s: %s is %q", path, name, h.Get(name))
			}
		}
		if strings.Contains(h.Get("Content-Security-Policy"), "unsafe") {
			t.Errorf("%s: the policy has an exception: %s", path, h.Get("Content-Security-Policy"))
		}
	}
}

// TestLogin tells a story: a setup link, once; a wrong password; the right one; a
// session that a change of the password ends; too many attempts.
func TestLogin(t *testing.T) {
	b := newBoard(t, withLogin)
	const password, other = "a long enough sentence", "quite another sentence"
	link, err := b.book.NewSetup(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if a := b.ask(http.MethodPost, "/setup", url.Values{"key": {link}, "name": {"ada"}, "password": {"short"}}); a.status != http.StatusBadRequest {
		t.Errorf("a short password: %d", a.status)
	}
	setup := b.ask(http.MethodPost, "/setup", url.Values{"key": {link}, "name": {"ada"}, "password": {password}})
	if setup.status != http.StatusSeeOther || setup.header.Get("Set-Cookie") == "" {
		t.Fatalf("the setup: %d\n%s", setup.status, setup.body)
	}
	if a := b.ask(http.MethodPost, "/setup", url.Values{"key": {link}, "name": {"eve"}, "password": {password}}); a.status != http.StatusForbidden {
		t.Errorf("the setup, again: %d", a.status)
	}
	cookie, _, _ := strings.Cut(setup.header.Get("Set-Cookie"), ";")
	for _, part := range []string{"HttpOnly", "SameSite=Lax"} {
		if !strings.Contains(setup.header.Get("Set-Cookie"), part) {
			t.Errorf("the cookie has no %s: %s", part, setup.header.Get("Set-Cookie"))
		}
	}
	if a := b.ask(http.MethodGet, "/settings", nil, "Cookie", cookie); a.status != http.StatusOK || !strings.Contains(a.body, "ada") {
		t.Errorf("with a session: %d", a.status)
	}
	if err := b.book.SetPassword(t.Context(), "ada", other); err != nil {
		t.Fatal(err)
	}
	if a := b.ask(http.MethodGet, "/", nil, "Cookie", cookie); a.status != http.StatusSeeOther {
		t.Errorf("a session of the old password: %d", a.status)
	}
	statuses := map[int]int{}
	for i := range 12 { // whoever else they are said to come from
		a := b.ask(http.MethodPost, "/login", url.Values{"name": {"ada"}, "password": {"wrong wrong wrong"}},
			"X-Forwarded-For", fmt.Sprint("198.51.100.", i), "X-Real-Ip", fmt.Sprint("198.51.100.", i))
		statuses[a.status]++
	}
	if n := statuses[http.StatusUnauthorized]; n == 0 || n > 10 || statuses[http.StatusTooManyRequests] != 12-n {
		t.Errorf("twelve wrong passwords: %v", statuses)
	}
}

// TestLoginGoesNowhereElse: the page to go to afterwards is one of ours.
func TestLoginGoesNowhereElse(t *testing.T) {
	b := newBoard(t, withLogin)
	if err := b.book.AddUser(t.Context(), "ada", "a long enough sentence", accounts.Viewer); err != nil {
		t.Fatal(err)
	}
	for then, want := range map[string]string{
		"/pages?status=404": "/pages?status=404", "https://evil.example/": "/", "//evil.example": "/", `/\evil.example`: "/",
	} {
		a := b.ask(http.MethodPost, "/login", url.Values{"name": {"ada"}, "password": {"a long enough sentence"}, "then": {then}})
		if a.status != http.StatusSeeOther || a.header.Get("Location") != want {
			t.Errorf("after the login to %q: %d %q", then, a.status, a.header.Get("Location"))
		}
	}
}

// TestCommandsAreNoted gives every command there is: who changed what stands in the
// settings, each once, and what was refused does not.
func TestCommandsAreNoted(t *testing.T) {
	b := newBoard(t, nil)
	seed := serve(t, small)
	b.crawl("site", seed)
	soon := url.Values{"until": {time.Now().Add(48 * time.Hour).Format(time.DateOnly)}}
	commands := []struct {
		path string
		form url.Values
		want string // what is noted; "": nothing
	}{
		{"/sites", url.Values{"seeds": {"ftp://example.org"}}, ""},
		{"/sites", url.Values{"name": {"slow"}, "seeds": {slow(t, 2000)}}, "save site slow"},
		{"/sites/2/run", nil, "start run slow"},
		{"/runs/2/stop", nil, "stop run 2"},
		{"/runs/2/resume", nil, "resume run 2"},
		{"/runs/2/stop", nil, "stop run 2"},
		{"/runs/1/resume", nil, ""},
		{"/runs/2/remove", nil, "remove run 2"},
		{"/runs/2/remove", nil, ""},
		{"/sites/2/remove", nil, "remove site slow"},
		{"/crawl", url.Values{"url": {"ftp://example.org"}}, ""},
		{"/crawl", url.Values{"url": {seed}}, "crawl " + strings.TrimSuffix(strings.TrimPrefix(seed, "http://"), "/")},
		{"/issues/desc.missing/mute", soon, "mute desc.missing"},
		{"/issues/desc.missing/unmute", nil, "unmute desc.missing"},
		{"/issues/desc.missing/mute", url.Values{"until": {"2001-01-01"}}, ""},
		{"/schedules", url.Values{"site": {"site"}, "spec": {"61 * * * *"}, "zone": {"UTC"}}, ""},
		{"/schedules", url.Values{"site": {"site"}, "spec": {"@yearly"}, "zone": {"UTC"}}, "save schedule site @yearly"},
		{"/schedules/1/pause", nil, "pause schedule 1"},
		{"/schedules/1/resume", nil, "resume schedule 1"},
		{"/schedules/1/run", nil, "run schedule 1"},
		{"/schedules/1/remove", nil, "remove schedule 1"},
		{"/queries", url.Values{"name": {"broken"}}, ""},
		{"/queries", url.Values{"name": {"broken"}, "sql": {"SELECT 1"}}, "save query broken"},
		{"/queries/broken/remove", nil, "remove query broken"},
		{"/queries/broken/remove", nil, ""},
		{"/settings/users", url.Values{"name": {"ada"}, "password": {"short"}, "role": {"viewer"}}, ""},
		{"/settings/users", url.Values{"name": {"ada"}, "password": {"a long enough sentence"}, "role": {"viewer"}}, "add user ada"},
		{"/settings/users/remove", url.Values{"name": {"ada"}}, "remove user ada"},
		{"/settings/tokens", url.Values{"name": {"grafana"}, "role": {"viewer"}}, "add token grafana"},
		{"/settings/tokens/remove", url.Values{"id": {"1"}}, "remove token 1"},
	}
	given, want := map[string]bool{}, []string{}
	for _, c := range commands {
		a := b.ask(http.MethodPost, c.path, c.form)
		if strings.HasSuffix(c.path, "/stop") {
			b.wantsStopped(2)
		}
		if done := a.status < 400; done != (c.want != "") {
			t.Errorf("%s %v: %d\n%.400s", c.path, c.form, a.status, a.body)
		}
		if c.want != "" {
			want = append(want, "local "+c.want)
		}
		given[strings.NewReplacer("/1/", "/:id/", "/2/", "/:id/", "/desc.missing/", "/:rule/", "/broken/", "/:name/").Replace(c.path)] = true
	}
	notes, err := b.book.Notes(t.Context(), 100)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, n := range slices.Backward(notes) {
		got = append(got, n.Who+" "+n.What+" "+n.Subject)
	}
	if !slices.Equal(got, want) {
		t.Errorf("the notes are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	for _, r := range dashboard.Routes(t, b.file) {
		if r.Note != "" && !strings.HasPrefix(r.Path, "/api/") && !given[r.Path] {
			t.Errorf("%s is noted as %q, and nobody tried it", r.Path, r.Note)
		}
		if commands := r.Method == http.MethodPost && r.Admin; commands != (r.Note != "") {
			t.Errorf("%s %s: an admin's command: %t, noted as %q", r.Method, r.Path, commands, r.Note)
		}
	}
}

// wantsStopped waits for a run to go on no longer.
func (b *board) wantsStopped(run int64) {
	b.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for until := time.Now().Add(time.Minute); time.Now().Before(until); <-tick.C {
		open, err := b.file.OpenSlots(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		goes := slices.ContainsFunc(b.loop.Standing(), func(s sonde.Standing) bool { return s.Run.ID == run })
		if !goes && len(open) == 0 {
			return
		}
	}
	open, err := b.file.OpenSlots(b.Context())
	b.Fatalf("run %d does not end: %+v open, %+v stand, %v", run, open, b.loop.Standing(), err)
}

func TestRequestsAreBounded(t *testing.T) {
	b := newBoard(t, nil)
	if a := b.ask(http.MethodPost, "/sites", url.Values{"seeds": {strings.Repeat("x", 2<<20)}}); a.status < 400 {
		t.Errorf("two megabytes: %d", a.status)
	}
}
