package sonde

import "testing"

func TestWords(t *testing.T) {
	for n, want := range map[int64][3]string{
		0:             {"0", "0 URLs", "0 bytes"},
		1:             {"1", "1 URL", "1 byte"},
		999:           {"999", "999 URLs", "999 bytes"},
		1024:          {"1,024", "1,024 URLs", "1.0 KiB"},
		-1234567:      {"-1,234,567", "-1,234,567 URLs", "-1,234,567 bytes"},
		1<<20 - 1:     {"1,048,575", "1,048,575 URLs", "1.0 MiB"},
		3_435_973_837: {"3,435,973,837", "3,435,973,837 URLs", "3.2 GiB"},
	} {
		if got := [3]string{Thousands(n), Plural(n, "URL"), InBytes(n)}; got != want {
			t.Errorf("%d is written as %q, want %q", n, got, want)
		}
	}
}
