package markup

import (
	"fmt"
	"strings"
	"testing"

	"sonde/internal/suite"
)

func TestRefresh(t *testing.T) {
	tests := []struct{ value, want string }{
		{"", "none"},
		{"5", "5"},
		{" \t5 ;", "5"},
		{".5", "0"},
		{"1.9.7; x", "1 x"},
		{"x", "none"},
		{"5x", "none"},
		{"5 x", "5 x"},
		{"5;url=x", "5 x"},
		{"5, URL = x", "5 x"},
		{"5;ur=x", "5 ur=x"},
		{"5;u", "5 u"},
		{"5;url", "5 url"},
		{"5;url x", "5 url x"},
		{"5;urls=x", "5 urls=x"},
		{`5;url="x`, "5 x"},
		{`5;url='x"y'z`, `5 x"y`},
		{`5;'url=x'`, "5 url=x"},
		{`5;url=""`, "5"},
		{"5;url=x ", "5 x "},
		{"5;;x", "5 ;x"},
		{"99999999999999999999;x", "2147483647 x"},
		{"-5;x", "none"},
	}
	for _, test := range tests {
		if got := refreshText(test.value); got != test.want {
			t.Errorf("%q: %q, want %q", test.value, got, test.want)
		}
	}
}

func refreshText(value string) string {
	r := Refresh(value)
	switch {
	case r == nil:
		return "none"
	case r.URL == "":
		return fmt.Sprint(r.Seconds)
	}
	return fmt.Sprint(r.Seconds, " ", r.URL)
}

// TestRefreshSuite runs the cases of web-platform-tests.
func TestRefreshSuite(t *testing.T) {
	var known struct {
		Cases []struct {
			Content  string
			Expected *struct {
				Seconds int
				URL     string
			}
		}
	}
	if suite.Read(t, "meta-refresh", &known); len(known.Cases) < 34 {
		t.Errorf("%d cases, want the 34 that are known", len(known.Cases))
	}
	for _, c := range known.Cases {
		want := "none"
		if c.Expected != nil {
			want = strings.TrimSpace(fmt.Sprint(c.Expected.Seconds, " ", c.Expected.URL))
		}
		if got := refreshText(c.Content); got != want {
			t.Errorf("%q: %q, want %q", c.Content, got, want)
		}
	}
}

func FuzzRefresh(f *testing.F) {
	for _, seed := range []string{"5; url='x'", ".5,u", "1 url = \"", "9999999999;url"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		r := Refresh(value)
		if r == nil {
			return
		}
		if r.Seconds < 0 || r.Header || !strings.Contains(value, r.URL) {
			t.Errorf("%q: %+v, want seconds from 0 and a URL out of the value", value, *r)
		}
	})
}
