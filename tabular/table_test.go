package tabular

import (
	"bytes"
	"strings"
	"testing"
)

func table(t *testing.T, o TableOptions, names []string, rows ...[]any) string {
	t.Helper()
	var out bytes.Buffer
	give(t, NewTable(&out, o, Options{}), names, rows...)
	return out.String()
}

func TestTable(t *testing.T) {
	rows := [][]any{
		{"http://h.test/", 200, nil},
		{"http://h.test/a/long/path/that/goes/on.html", 404, "x"},
		{"漢字", 5, "\x1b[31mred\n"},
	}
	for _, c := range []struct {
		name string
		o    TableOptions
		want string
	}{
		{"as wide as need be", TableOptions{}, `
url                                          status  note
-------------------------------------------  ------  -------------
http://h.test/                                  200
http://h.test/a/long/path/that/goes/on.html     404  x
漢字                                              5  \x1b[31mred\n
`},
		{"fitted", TableOptions{Width: 40}, `
url                status  note
-----------------  ------  -------------
http://h.test/        200
http://h…/on.html     404  x
漢字                    5  \x1b[31mred\n
`},
		{"in blocks", TableOptions{Width: 20}, `
row 1
  url     http:…est/
  status  200
  note
row 2
  url     http:…html
  status  404
  note    x
row 3
  url     漢字
  status  5
  note    \x1b[…ed\n
`},
	} {
		if got := "\n" + table(t, c.o, []string{"url", "status", "note"}, rows...); got != c.want {
			t.Errorf("%s:\n%s\nwant:\n%s", c.name, got, c.want)
		}
	}
}

func TestTableColour(t *testing.T) {
	got := table(t, TableOptions{Color: true}, []string{"a", "b"}, []any{nil, "x"})
	want := "\x1b[1ma   \x1b[0m  \x1b[1mb\x1b[0m\n----  -\n\x1b[2mNULL\x1b[0m  x\n"
	if got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if plain := table(t, TableOptions{}, []string{"a", "b"}, []any{nil, "x"}); strings.Contains(plain, "\x1b") {
		t.Errorf("colour was not asked for: %q", plain)
	}
}

func TestTableStreamsBeyondTheRowsItMeasures(t *testing.T) {
	var c counter
	w := NewTable(&c, TableOptions{Width: 80}, Options{Hold: 1})
	w.Columns([]string{"n"})
	for n := range measured + 10 {
		w.Integer(int64(n))
		if err := w.EndRow(); err != nil {
			t.Fatal(err)
		}
	}
	if c.writes != 11 {
		t.Errorf("%d writes, want 1 of the measured rows and 10 of one row each", c.writes)
	}
}

func TestShorten(t *testing.T) {
	for _, c := range []struct {
		text  string
		width int
		want  string
	}{
		{"abcdef", 6, "abcdef"}, {"abcdef", 5, "ab…ef"}, {"abcdef", 4, "ab…f"}, {"abcdef", 1, "…"}, {"abcdef", 0, ""},
		{"漢字漢字", 8, "漢字漢字"}, {"漢字漢字", 7, "漢…字"}, {"e\u0301e\u0301e\u0301", 3, "e\u0301e\u0301e\u0301"},
	} {
		if got := shorten(c.text, c.width); got != c.want || textWidth(got) > c.width {
			t.Errorf("%q in %d: %q, want %q", c.text, c.width, got, c.want)
		}
	}
}
