package dashboard_test

import (
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"sonde/accounts"
	"sonde/dashboard"
)

// TestForms: what a form cannot take is refused beside the field, with all that was
// typed still there; what only programs can send wrong is refused as a whole.
func TestForms(t *testing.T) {
	b := newBoard(t, nil)
	b.crawl("site", serve(t, small))
	for _, c := range []struct {
		name, path string
		form       url.Values
		wants      []string // in the page that comes back
	}{
		{"words for a seed", "/sites", url.Values{"seeds": {"not a url at all"}, "name": {"words"}},
			[]string{"seeds-fault", `"not a url at all" is not an address`, ">not a url at all</textarea>", `value="words"`}},
		{"one seed of two", "/sites", url.Values{"seeds": {"https://a.example/\r\nhttps://b example/"}},
			[]string{"seeds-fault", `"https://b example/"`, ">https://a.example/\nhttps://b example/</textarea>"}},
		{"two seeds on a line", "/sites", url.Values{"seeds": {"https://a.example/ https://b.example/"}}, []string{"seeds-fault", "holds a blank"}},
		{"every seed that is wrong", "/sites", url.Values{"seeds": {"ftp://a.example/\nhttps://[::bad]/"}}, []string{"ftp://a.example/", "[::bad]"}},
		{"no seed", "/sites", url.Values{"seeds": {" \n "}, "name": {"none"}}, []string{"seeds-fault", "A URL to start from is wanted", `value="none"`}},
		{"a password", "/sites", url.Values{"seeds": {"https://ada:secret@a.example/"}}, []string{"seeds-fault", "A password in a URL is not kept"}},
		{"a name that is taken", "/sites", url.Values{"seeds": {"https://a.example/"}, "name": {"site"}},
			[]string{"name-fault", "There is a site of this name already", ">https://a.example/</textarea>"}},
		{"a name that controls a terminal", "/sites", url.Values{"seeds": {"https://a.example/"}, "name": {"a\x1b[31m"}}, []string{"name-fault", "without control characters"}},
		{"two values for one", "/sites", url.Values{"seeds": {"https://a.example/"}, "max-pages": {"x\ny"}}, []string{"e-max-pages", "One value is wanted"}},
		{"words for a URL", "/crawl", url.Values{"url": {"not a url at all"}}, []string{"url-fault", `value="not a url at all"`}},
		{"an hour that is none", "/schedules", url.Values{"site": {"site"}, "spec": {"0 25 * * *"}, "zone": {"UTC"}}, []string{"spec-fault", "hour", `value="0 25 * * *"`}},
		{"a zone that is none", "/schedules", url.Values{"site": {"site"}, "spec": {"@daily"}, "zone": {"Mars/Utopia"}}, []string{"zone-fault", `value="Mars/Utopia"`}},
		{"a day gone by", "/issues/title.missing/mute", url.Values{"until": {"2001-01-01"}, "reason": {"old news"}}, []string{"until-fault", `value="old news"`}},
		{"a short password", "/settings/users", url.Values{"name": {"ada"}, "password": {"short"}, "role": {"admin"}},
			[]string{"at least 12", `value="ada"`, `<option value="admin" selected>`, "<details open><summary>Add an account"}},
		{"a token of two words", "/settings/tokens", url.Values{"name": {"my grafana"}, "role": {"viewer"}}, []string{"no blanks", `value="my grafana"`}},
		{"an empty query", "/queries", url.Values{"name": {"empty"}, "sql": {" "}}, []string{"role=\"alert\""}},
		{"a word that is none", "/schedules", url.Values{"site": {"site"}, "spec": {"@daily"}, "zone": {"UTC"}, "overlap": {"perhaps"}}, []string{"Schedule a site"}},
		{"a field that is none", "/sites", url.Values{"seeds": {"https://a.example/"}, "max_pages": {"5"}}, []string{`no parameter "max_pages"`, "max-pages"}},
		{"a value said twice", "/crawl", url.Values{"url": {"https://a.example/", "https://b.example/"}}, []string{"given 2 times"}},
		{"a number that is none", "/sites", url.Values{"seeds": {"https://a.example/"}, "id": {"first"}}, []string{"id takes the number of a site"}},
	} {
		a := b.ask(http.MethodPost, c.path, c.form)
		page := strings.ReplaceAll(html.UnescapeString(a.body), "\r\n", "\n")
		if a.status != http.StatusBadRequest {
			t.Errorf("%s: %d, %s", c.name, a.status, a.header.Get("Location"))
		}
		for _, want := range c.wants {
			if !strings.Contains(page, want) {
				t.Errorf("%s: the page does not say %q", c.name, want)
			}
		}
	}
	if sites := b.get("/sites.csv?_cols=name"); sites != "name\r\nsite\r\n" {
		t.Errorf("after it all there are the sites %s", sites)
	}
}

// TestFormsOfPrograms: the errors of the API are JSON, and name the field.
func TestFormsOfPrograms(t *testing.T) {
	b := newBoard(t, nil)
	b.crawl("site", serve(t, small))
	for _, c := range []struct {
		path  string
		form  url.Values
		field string
	}{
		{"/api/v1/crawl", url.Values{"url": {"not a url at all"}}, "seeds"},
		{"/api/v1/sites", url.Values{"seeds": {"not a url at all"}}, "seeds"},
		{"/api/v1/sites", url.Values{"seeds": {"https://a.example/"}, "name": {"site"}}, "name"},
		{"/api/v1/schedules", url.Values{"site": {"nowhere"}, "spec": {"@daily"}, "zone": {"UTC"}}, "site"},
		{"/api/v1/schedules", url.Values{"site": {"site"}, "spec": {"@never"}, "zone": {"UTC"}}, "spec"},
		{"/api/v1/schedules", url.Values{"site": {"site"}, "spec": {"@daily"}, "zone": {"UTC"}, "missed": {"all"}}, "missed"},
		{"/api/v1/issues/title.missing/mute", url.Values{"until": {"soon"}}, "until"},
	} {
		a := b.ask(http.MethodPost, c.path, c.form)
		var said struct {
			OK     bool
			Error  string
			Errors map[string]string
		}
		if err := json.Unmarshal([]byte(a.body), &said); err != nil || a.status != http.StatusBadRequest || said.OK || said.Error == "" || said.Errors[c.field] == "" {
			t.Errorf("%s %v: %d %v\n%s", c.path, c.form, a.status, err, a.body)
		}
	}
	if a := b.ask(http.MethodPost, "/api/v1/crawl", nil, "Content-Type", "application/json"); a.status != http.StatusUnsupportedMediaType {
		t.Errorf("JSON in place of a form: %d", a.status)
	}
}

// TestSwitches: a switch that a form does not speak of stays as it is, the last that it
// says counts, and a word that is none is a fault.
func TestSwitches(t *testing.T) {
	b := newBoard(t, func(c *dashboard.Config) { c.Fields = append(c.Fields, sitemapsField) })
	for _, c := range []struct {
		said   []string
		status int
		want   string
	}{
		{nil, http.StatusSeeOther, "true"}, {[]string{"false"}, http.StatusSeeOther, "false"}, {nil, http.StatusSeeOther, "false"},
		{[]string{"false", "true"}, http.StatusSeeOther, "true"}, {[]string{"perhaps"}, http.StatusBadRequest, "true"},
	} {
		form := url.Values{"seeds": {"https://a.example/"}, "name": {"switched"}}
		if sites, err := b.file.Sites(t.Context()); err != nil || len(sites) > 0 {
			form.Set("id", fmt.Sprint(sites[0].ID))
		}
		if c.said != nil {
			form["sitemaps"] = c.said
		}
		if a := b.ask(http.MethodPost, "/sites", form); a.status != c.status {
			t.Errorf("sitemaps=%v: %d\n%s", c.said, a.status, a.body)
		}
		if site, err := b.file.Site(t.Context(), "switched"); err != nil || fmt.Sprint(site.Policy.Sitemaps) != c.want {
			t.Errorf("after sitemaps=%v it is %v, %v, want %s", c.said, site.Policy.Sitemaps, err, c.want)
		}
	}
}

// TestParameters walks all routes: a parameter that a route does not know is refused, and
// so is one that is said twice.
func TestParameters(t *testing.T) {
	b := newBoard(t, nil)
	if err := b.book.AddUser(t.Context(), "ada", "a long enough sentence", accounts.Admin); err != nil {
		t.Fatal(err)
	}
	b.crawl("site", serve(t, small))
	for _, r := range dashboard.Routes(t, b.file) {
		asked := []url.Values{{"nonsense": {"1"}}}
		if names := strings.Fields(r.Takes); r.Takes != dashboard.Itself && len(names) > 0 {
			asked = append(asked, url.Values{names[0]: {"1", "1"}})
		}
		for _, values := range asked {
			path, form := concrete(r.Path), values
			if r.Method == http.MethodGet {
				path, form = path+"?"+values.Encode(), nil
			}
			if a := b.ask(r.Method, path, form); a.status != http.StatusBadRequest {
				t.Errorf("%s %s with %v: %d", r.Method, r.Path, values, a.status)
			}
		}
	}
	for _, address := range []string{
		"/pages?_raw=yes", "/pages?_size=20&_size=50", "/pages.csv?_sort=url", "/pages.csv?_bom=2", "/sql.csv?sql=SELECT+1&_raw=x", "/page?url=x&run_id=0", "/compare?before=1&run=x",
	} {
		if a := b.ask(http.MethodGet, address, nil); a.status != http.StatusBadRequest {
			t.Errorf("%s: %d", address, a.status)
		}
	}
	if page := b.get("/pages?_cols=title&_cols=depth"); !strings.Contains(page, "Title") || !strings.Contains(page, "Depth") {
		t.Error("columns that a form gives one by one are not shown")
	}
	told := slices.Collect(func(yield func(string) bool) {
		for _, path := range []string{"/runs?done=waits", "/sites?done=removed", "/schedules?done=saved"} {
			yield(b.get(path))
		}
	})
	for i, want := range []string{"The run waits for its turn.", "Removed.", "Saved."} {
		if !strings.Contains(told[i], want) {
			t.Errorf("the page does not say %q", want)
		}
	}
}
