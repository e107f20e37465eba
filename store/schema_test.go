package store

import (
	"strings"
	"testing"
)

// promised are the columns that DESIGN.md promises of each view.
var promised = map[string]string{
	"sites": "id name seeds scope schedule timezone next_run_at last_run_id created_at",
	"runs":  "id site status trigger started_at finished_at reason pages failures issues bytes config",
	"pages": `site run_id url host depth found_on outcome failure reason status redirect_to content_type charset title
		title_length description description_length h1 h1_count lang canonical robots_meta indexable index_reason word_count
		link_count inlink_count image_count wire_bytes body_bytes truncated body_sha256 remote_ip http_version dns_ms connect_ms
		tls_ms ttfb_ms total_ms in_sitemap attempts fetched_at`,
	"links":       "site run_id source_url target_url kind anchor rel position internal nofollow fragment target_outcome target_status",
	"hosts":       "name registrable_domain sites addresses open_ports certificate_not_after first_seen_at last_seen_at",
	"dns_records": "host type value ttl rcode resolver first_seen_at last_seen_at current",
	"ports": `host address protocol port state reason rtt_ms service product version banner tls first_seen_at last_seen_at
		current`,
	"certificates": `host address port subject issuer sans not_before not_after key signature sha256 verify_error tls_version
		cipher alpn first_seen_at last_seen_at current`,
	"origins":  "site run_id origin host",
	"sitemaps": "site run_id url",
	"issues":   "site run_id rule severity subject url host evidence state first_seen_at last_seen_at",
}

func TestSchemaDescribesEveryColumn(t *testing.T) {
	f := open(t)
	views, err := f.Schema(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	have := map[string][]string{}
	for _, v := range views {
		if !strings.HasPrefix(v.Row, "One row per ") || strings.Contains(v.Row, "\n") || !strings.HasPrefix(v.SQL, "CREATE VIEW "+v.Name+" AS\n") {
			t.Errorf("%s: a row is %q", v.Name, v.Row)
		}
		for _, c := range v.Columns {
			have[v.Name] = append(have[v.Name], c.Name)
			if len(c.Meaning) < 3 {
				t.Errorf("%s.%s has no description", v.Name, c.Name)
			}
		}
	}
	for name, columns := range promised {
		holdsPromised(t, name, have[name], strings.Fields(columns))
	}
	for _, name := range []string{"pages", "links", "origins", "sitemaps", "issues"} {
		if short, long := strings.Join(have[name], " "), strings.Join(have[name+"_history"], " "); short != long {
			t.Errorf("%s has the columns %s, its history %s", name, short, long)
		}
	}
}

// holdsPromised holds that a view begins with the columns that are promised, in their
// order: columns are only added at the end.
func holdsPromised(t *testing.T, view string, have, want []string) {
	t.Helper()
	if len(have) < len(want) || strings.Join(have[:len(want)], " ") != strings.Join(want, " ") {
		t.Errorf("%s has the columns\n%s\nwant at the beginning\n%s", view, have, want)
	}
}

func TestSchemaSaysWhatTheViewsAnswerFor(t *testing.T) {
	f := open(t)
	views, err := f.Schema(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range views {
		switch v.Name {
		case "pages", "links", "issues":
			if !strings.Contains(v.Row, "of the latest run of each site") {
				t.Errorf("%s: %s", v.Name, v.Row)
			}
		case "pages_history", "links_history", "issues_history":
			if !strings.Contains(v.Row, "of every run") {
				t.Errorf("%s: %s", v.Name, v.Row)
			}
		}
	}
	if v := views[0]; v.Name != "sites" || v.Columns[1] != (Column{"name", "TEXT", "unique"}) || v.Columns[3].Meaning != "how far it reaches from its seeds: host, domain or prefix" {
		t.Errorf("the first view reads %+v", v)
	}
}
