package dashboard_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

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
	for range 6 {
		statuses[b.ask(http.MethodPost, "/login", url.Values{"name": {"ada"}, "password": {"wrong wrong wrong"}}).status]++
	}
	if statuses[http.StatusUnauthorized] == 0 || statuses[http.StatusTooManyRequests] == 0 {
		t.Errorf("six wrong passwords: %v", statuses)
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

// TestCommandsAreNoted: who changed what stands in the settings.
func TestCommandsAreNoted(t *testing.T) {
	b := newBoard(t, nil)
	run := b.crawl("site", serve(t, small))
	if a := b.ask(http.MethodPost, "/runs/1/remove", nil); a.status != http.StatusSeeOther {
		t.Fatalf("removing run %d: %d\n%s", run.ID, a.status, a.body)
	}
	notes, err := b.book.Notes(t.Context(), 10)
	if err != nil || len(notes) != 1 || notes[0].Who != "local" || notes[0].What != "remove run" || notes[0].Subject != "1" {
		t.Errorf("the notes are %+v, %v", notes, err)
	}
}

func TestRequestsAreBounded(t *testing.T) {
	b := newBoard(t, nil)
	if a := b.ask(http.MethodPost, "/sites", url.Values{"seeds": {strings.Repeat("x", 2<<20)}}); a.status < 400 {
		t.Errorf("two megabytes: %d", a.status)
	}
}
