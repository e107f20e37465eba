package sonde

import (
	"testing"
	"time"
)

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

func TestInTime(t *testing.T) {
	for d, want := range map[time.Duration]string{
		400 * time.Millisecond:                "0.4 s",
		12 * time.Second:                      "12 s",
		59*time.Second + 700*time.Millisecond: "1 min 0 s",
		133 * time.Second:                     "2 min 13 s",
		65 * time.Minute:                      "1 h 5 min",
		100 * time.Hour:                       "4 days",
	} {
		if got := InTime(d); got != want {
			t.Errorf("%v is written as %q, want %q", d, got, want)
		}
	}
}
