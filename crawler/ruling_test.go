package crawler

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"sonde"
)

// TestRulings asks what a robots.txt says of several URLs, and holds that it is asked
// for once, and nothing else is.
func TestRulings(t *testing.T) {
	var asked, others atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/robots.txt" {
			others.Add(1)
		}
		asked.Add(1)
		_, _ = w.Write([]byte("User-agent: lot\nDisallow: /a\n"))
	}))
	defer server.Close()
	policy := sonde.DefaultPolicy()
	policy.UserAgent = "Sonde/1.0"
	config := Config{Site: sonde.Site{Seeds: []string{server.URL + "/a", server.URL + "/b"}, Policy: policy}}
	for _, test := range []struct {
		token string
		want  [2]bool
	}{
		{"lot", [2]bool{false, true}},
		{"Sonde", [2]bool{true, true}},
		{"", [2]bool{true, true}},
	} {
		asked.Store(0)
		got, err := Rulings(t.Context(), config, test.token)
		if err != nil {
			t.Fatal(err)
		}
		if got[0].Allowed != test.want[0] || got[1].Allowed != test.want[1] || got[0].Status != http.StatusOK {
			t.Errorf("to %q it says %+v, want %v", test.token, got, test.want)
		}
		if asked.Load() != 1 || others.Load() != 0 {
			t.Errorf("%d requests were made, %d of them for something else, want one for robots.txt", asked.Load(), others.Load())
		}
	}
}

func TestRulingsOfWhatDoesNotAnswer(t *testing.T) {
	down := httptest.NewServer(http.NotFoundHandler())
	down.Close()
	broken := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }))
	defer broken.Close()
	policy := sonde.DefaultPolicy()
	policy.Retries = 0
	got, err := Rulings(t.Context(), Config{Site: sonde.Site{Seeds: []string{down.URL + "/", broken.URL + "/"}, Policy: policy}}, "Sonde")
	if err != nil {
		t.Fatal(err)
	}
	if r := got[0]; r.Allowed || r.Failure != sonde.Refused || r.Reason != sonde.RobotsUnreachable || !strings.Contains(r.Detail, "refused") {
		t.Errorf("what does not answer gives %+v", r)
	}
	if r := got[1]; r.Allowed || r.Status != http.StatusBadGateway || r.Reason != sonde.RobotsUnreachable {
		t.Errorf("what is broken gives %+v", r)
	}
}

func TestRulingsEndWithTheContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := Rulings(ctx, Config{Site: sonde.Site{Seeds: []string{"http://127.0.0.1:9/"}, Policy: sonde.DefaultPolicy()}}, "Sonde")
	if err == nil {
		t.Error("they are given although the context has ended")
	}
	_, err = Rulings(t.Context(), Config{Site: sonde.Site{Seeds: []string{"nowhere"}, Policy: sonde.DefaultPolicy()}}, "Sonde")
	if err == nil || !strings.Contains(err.Error(), "nowhere") {
		t.Errorf("a seed that is no URL gives %v", err)
	}
}
