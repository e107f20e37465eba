package crawler

import (
	"testing"

	"sonde"
)

func TestBlockedBy(t *testing.T) {
	for _, test := range []struct {
		name   string
		status int
		header sonde.HeaderField
		body   string
		want   sonde.Blocker
	}{
		{"a page", 200, sonde.HeaderField{}, "<p>about /cdn-cgi/challenge-platform/", ""},
		{"not found", 404, sonde.HeaderField{}, "", ""},
		{"a refusal", 403, sonde.HeaderField{}, "<p>no", ""},
		{"a refusal of Apache's", 403, sonde.HeaderField{Name: "Server", Value: "Apache"}, "", ""},
		{"a challenge in the header", 200, sonde.HeaderField{Name: "Cf-Mitigated", Value: "challenge"}, "", sonde.BlockedByWall},
		{"a challenge in the body", 503, sonde.HeaderField{}, `<script src="/CDN-CGI/challenge-platform/h/b">`, sonde.BlockedByWall},
		{"a challenge instead of a rate", 429, sonde.HeaderField{}, `<script src="https://ct.captcha-delivery.com/c.js">`, sonde.BlockedByWall},
		{"the edge says no", 403, sonde.HeaderField{Name: "Server", Value: "AkamaiGHost"}, "", sonde.BlockedByWall},
		{"the edge of a page", 200, sonde.HeaderField{Name: "Server", Value: "AkamaiGHost"}, "", ""},
		{"too many", 429, sonde.HeaderField{}, "", sonde.BlockedByRate},
		{"out of service for a while", 503, sonde.HeaderField{Name: "Retry-After", Value: "60"}, "", sonde.BlockedByRate},
		{"out of service", 503, sonde.HeaderField{}, "", ""},
		{"login", 401, sonde.HeaderField{Name: "Www-Authenticate", Value: "Basic"}, "", sonde.BlockedByLogin},
		{"login at the proxy", 407, sonde.HeaderField{}, "", sonde.BlockedByLogin},
		{"the law", 451, sonde.HeaderField{}, "", sonde.BlockedByLaw},
		{"a portal", 511, sonde.HeaderField{}, "", sonde.BlockedByPortal},
		{"no status of any standard", 999, sonde.HeaderField{}, "", sonde.BlockedByWall},
	} {
		f := &sonde.Fetch{Status: test.status, Header: []sonde.HeaderField{test.header}, Body: []byte(test.body)}
		if got := blockedBy(f); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}
