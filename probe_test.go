package sonde

import (
	"strings"
	"testing"
)

func TestBanner(t *testing.T) {
	tests := []struct{ said, want string }{
		{"", ""},
		{"220 mail.example.org ESMTP\r\n", `220 mail.example.org ESMTP\r\n`},
		{"a\tb\\n\x00\x1b[2J\x7f", `a\tb\\n\x00\x1b[2J\x7f`},
		{"Grüße \xff\xc3", `Grüße \xff\xc3`},
		{"\u202egro.elpmaxe\uFFFD", `\xe2\x80\xaegro.elpmaxe` + "\uFFFD"},
		{strings.Repeat("x", 2*MaxBanner), strings.Repeat("x", MaxBanner)},
		{strings.Repeat("\x00", 2*MaxBanner), strings.Repeat(`\x00`, MaxBanner)},
	}
	for _, test := range tests {
		if got := Banner([]byte(test.said)); got != test.want {
			t.Errorf("Banner(%.40q) = %.80q, want %.80q", test.said, got, test.want)
		}
	}
}
