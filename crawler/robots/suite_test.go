package robots

import (
	"testing"

	"sonde/internal/suite"
)

// suiteCase is one case of the shared robots suite: may the agent fetch the URL?
type suiteCase struct {
	ID        string  `json:"id"`
	UserAgent string  `json:"user_agent"`
	Robots    *string `json:"robots"`
	Base64    []byte  `json:"robots_base64"`
	URL       string  `json:"url"`
	Allowed   bool    `json:"allowed"`
}

func (c suiteCase) body() []byte {
	if c.Robots != nil {
		return []byte(*c.Robots)
	}
	return c.Base64
}

func TestSharedSuite(t *testing.T) {
	var cases []suiteCase
	suite.Read(t, "robots", &cases)
	for _, c := range cases {
		if got := Parse(c.body()).For(c.UserAgent).Decide(c.URL); got.Allowed != c.Allowed {
			t.Errorf("%s: %q on %.200q: allowed = %v (line %d), want %v\n%.1000s",
				c.ID, c.UserAgent, c.URL, got.Allowed, got.Line, c.Allowed, c.body())
		}
	}
}
