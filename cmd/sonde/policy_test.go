package main

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"sonde"
)

// parsePolicy reads flags as crawl does.
func parsePolicy(t *testing.T, args ...string) (policyValues, *cobra.Command, error) {
	t.Helper()
	command := &cobra.Command{Use: "crawl"}
	values := addPolicyFlags(command)
	return values, command, command.ParseFlags(args)
}

// TestPolicyFlags holds for every flag about the policy what it changes, in a run
// that begins and in one that goes on.
func TestPolicyFlags(t *testing.T) {
	tests := []struct {
		name, value string
		of          func(sonde.Policy) any
		want        any
	}{
		{"scope", "domain", func(p sonde.Policy) any { return p.Scope.Kind }, sonde.ScopeDomain},
		{"include", "/docs/", func(p sonde.Policy) any { return p.Scope.Include }, []string{"/docs/"}},
		{"exclude", "a{2,3},b", func(p sonde.Policy) any { return p.Scope.Exclude }, []string{"a{2,3},b"}},
		{"robots", "ignore", func(p sonde.Policy) any { return p.Robots }, sonde.IgnoreRobots},
		{"sitemaps", "false", func(p sonde.Policy) any { return p.Sitemaps }, false},
		{"follow-nofollow", "true", func(p sonde.Policy) any { return p.FollowNofollow }, true},
		{"external", "true", func(p sonde.Policy) any { return p.External }, true},
		{"drop-param", "none", func(p sonde.Policy) any { return p.DropParams }, []string{}},
		{"depth", "3", func(p sonde.Policy) any { return p.MaxDepth }, 3},
		{"max-pages", "100", func(p sonde.Policy) any { return p.MaxPages }, 100},
		{"max-time", "5m", func(p sonde.Policy) any { return p.MaxTime }, 5 * time.Minute},
		{"max-bytes", "2MiB", func(p sonde.Policy) any { return p.MaxBytes }, int64(2 << 20)},
		{"rate", "0.5", func(p sonde.Policy) any { return p.Rate }, 0.5},
		{"per-host", "8", func(p sonde.Policy) any { return p.PerHost }, 8},
		{"concurrency", "9", func(p sonde.Policy) any { return p.Concurrency }, 9},
		{"timeout", "5s", func(p sonde.Policy) any { return p.Timeouts },
			sonde.Timeouts{Connect: 5 * time.Second, FirstByte: 5 * time.Second, Idle: 5 * time.Second, Total: 5 * time.Second}},
		{"retries", "0", func(p sonde.Policy) any { return p.Retries }, 0},
		{"user-agent", "Lot/2", func(p sonde.Policy) any { return p.UserAgent }, "Lot/2"},
		{"header", "x-audit: spring", func(p sonde.Policy) any { return p.Headers }, map[string][]string{"X-Audit": {"spring"}}},
		{"proxy", "http://me:secret@proxy.example", func(p sonde.Policy) any { return p.Proxy }, "http://proxy.example"},
		{"insecure", "true", func(p sonde.Policy) any { return p.Insecure }, true},
		{"allow-net", "10.0.0.0/8", func(p sonde.Policy) any { return len(p.AllowNets) }, 1},
		{"bodies", "none", func(p sonde.Policy) any { return p.Bodies }, false},
		{"probe", "ports", func(p sonde.Policy) any { return p.Probe }, sonde.ProbePorts},
		{"rules-dir", "/etc/rules", func(p sonde.Policy) any { return p.RulesDir }, "/etc/rules"},
		{"threshold", "title.too_long.characters=70", func(p sonde.Policy) any { return p.Thresholds }, map[string]float64{"title.too_long.characters": 70}},
		{"max-body", "1KiB", func(p sonde.Policy) any { return p.MaxBody }, int64(1024)},
	}
	for _, f := range policyFlags {
		if !slices.ContainsFunc(tests, func(test struct {
			name, value string
			of          func(sonde.Policy) any
			want        any
		}) bool {
			return test.name == f.name
		}) {
			t.Errorf("--%s is not tested here", f.name)
		}
	}
	usual, _, _ := parsePolicy(t)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			values, command, err := parsePolicy(t, "--"+test.name+"="+test.value)
			if err != nil {
				t.Fatal(err)
			}
			if reflect.DeepEqual(test.of(usual.new()), test.want) {
				t.Fatal("the value is the default, so nothing can be seen")
			}
			if got := test.of(values.new()); !reflect.DeepEqual(got, test.want) {
				t.Errorf("it begins with %v, want %v", got, test.want)
			}
			if got := test.of(values.resumed(sonde.DefaultPolicy(), command.Flags())); !reflect.DeepEqual(got, test.want) {
				t.Errorf("it goes on with %v, want %v", got, test.want)
			}
		})
	}
}

// TestDefaultsInHelp holds that the defaults which the help shows are those that
// hold: given as values they change nothing.
func TestDefaultsInHelp(t *testing.T) {
	usual, _, _ := parsePolicy(t)
	for _, f := range policyFlags {
		if f.fallback == "" {
			continue
		}
		values, _, err := parsePolicy(t, "--"+f.name+"="+strings.Trim(f.fallback, `"`))
		if err != nil {
			t.Errorf("--%s: %v", f.name, err)
			continue
		}
		got, want := values.new(), usual.new()
		if f.name == "timeout" { // says more than the total when it is given
			got.Timeouts.FirstByte = want.Timeouts.FirstByte
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("--%s %s is not what holds without it", f.name, f.fallback)
		}
	}
}

// TestResumedPolicyKeeps holds that a run which goes on keeps what no flag of the
// command line says otherwise, whatever the environment says.
func TestResumedPolicyKeeps(t *testing.T) {
	stored := sonde.DefaultPolicy()
	stored.Rate, stored.MaxPages, stored.Scope.Exclude = 3, 50, []string{"/old/"}
	values, command, err := parsePolicy(t, "--max-pages", "0", "--drop-param", "ref")
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Flags().Lookup("rate").Value.Set("99"); err != nil { // as the environment does
		t.Fatal(err)
	}
	got := values.resumed(stored, command.Flags())
	want := stored
	want.MaxPages, want.DropParams = 0, append(slices.Clone(stored.DropParams), "ref")
	if !reflect.DeepEqual(got, want) {
		t.Errorf("it goes on with\n%+v, want\n%+v", got, want)
	}
	if slices.Contains(sonde.TrackingParams, "ref") {
		t.Error("the list that all share was changed")
	}
}

func TestConcurrencyFollowsPerHost(t *testing.T) {
	for _, test := range []struct {
		args string
		want int
	}{
		{"--per-host 100", 100},
		{"--per-host 8", 64},
		{"--per-host 100 --concurrency 10", 10},
	} {
		values, _, err := parsePolicy(t, strings.Fields(test.args)...)
		if err != nil {
			t.Fatal(err)
		}
		if got := values.new().Concurrency; got != test.want {
			t.Errorf("%s: %d requests at once, want %d", test.args, got, test.want)
		}
	}
}

func TestBadPolicyValues(t *testing.T) {
	for _, test := range []struct{ flag, want string }{
		{"--header=NoColon", "a header field is wanted"},
		{"--header=: x", "a header field is wanted"},
		{"--header=A B: x", "a character"},
		{"--header=A: x\ny", "a character"},
		{"--header=host: x", "set by Sonde itself"},
		{"--header=user-agent: x", "set by Sonde itself"},
		{"--user-agent=123", "must begin with a name"},
		{"--user-agent=Lot\n", "control character"},
		{"--drop-param=a=b", "the name of a query parameter"},
		{"--max-body=0", "above 0"},
		{"--timeout=0", "longer than 0"},
		{"--probe=port", "did you mean ports"},
		{"--bodies=some", "all or none is wanted"},
		{"--robots=obay", "did you mean obey"},
		{"--allow-net=here", "a network is wanted"},
		{"--insecure=perhaps", "true or false"},
		{"--concurrency=0", "from 1 to 10000"},
		{"--retries=-1", "from 0 to 100"},
	} {
		_, _, err := parsePolicy(t, test.flag)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want an error with %q", test.flag, err, test.want)
		}
	}
}

func TestTakeSecrets(t *testing.T) {
	values, _, err := parsePolicy(t, "--header", "Cookie: a=b", "--header", "X-Api-Key: k", "--header", "Authorization: Bearer t", "--header", "X-Audit: spring")
	if err != nil {
		t.Fatal(err)
	}
	p := values.new()
	secret := takeSecrets(&p)
	if want := map[string][]string{"X-Audit": {"spring"}}; !reflect.DeepEqual(p.Headers, want) {
		t.Errorf("stored is %v, want %v", p.Headers, want)
	}
	if want := map[string][]string{"Cookie": {"a=b"}, "X-Api-Key": {"k"}, "Authorization": {"Bearer t"}}; !reflect.DeepEqual(secret, want) {
		t.Errorf("sent only is %v, want %v", secret, want)
	}
}
