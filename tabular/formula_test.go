package tabular

import (
	"bytes"
	"encoding/csv"
	"strings"
	"testing"

	"sonde/internal/suite"
)

// safely is a text as the safe CSV of one cell holds it, read back by another reader.
func safely(t testing.TB, text string, raw bool) string {
	t.Helper()
	var out bytes.Buffer
	w := NewCSV(&out, raw, Options{})
	w.Text([]byte(text))
	w.Integer(1) // a row of one empty cell would be an empty line
	w.EndRow()
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	r := csv.NewReader(&out)
	record, err := r.Read()
	if err != nil || len(record) != 2 {
		t.Fatalf("%q: read back as %q: %v", text, record, err)
	}
	return record[0]
}

// readersWay is a text as encoding/csv gives it back: it turns CRLF into LF.
func readersWay(text string) string { return strings.ReplaceAll(text, "\r\n", "\n") }

func TestFormula(t *testing.T) {
	for text, want := range map[string]bool{
		"": false, "x": false, "0123": false, "a,=1+1": false, `"=1+1"`: false, "10-5": false, "https://x/=1": false,
		"=1+1": true, "+1": true, "-5": true, "-3.14": true, "@handle": true, "\t=1": true, "\tx": true, "\rx": true, "\nx": true, "\x00x": true,
		" =1": true, "   +1": true, "\u00a0-1": true, "\ufeff=1": true, "\ufeff \u3000@x": true, "\u200b=1": true,
		"＝1": true, "＋1": true, "－1": true, "＠x": true, " ＝1": true, " x": false, " \nx": true, "\xff=1": false,
	} {
		if got := Formula([]byte(text)); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
		prefixed := text
		if want {
			prefixed = "'" + text
		}
		if got := safely(t, text, false); got != readersWay(prefixed) {
			t.Errorf("%q: the safe cell is %q, want %q", text, got, prefixed)
		}
		if got := safely(t, text, true); got != readersWay(text) {
			t.Errorf("%q: the raw cell is %q", text, got)
		}
	}
}

func TestFormulaSuite(t *testing.T) {
	var known struct{ Values []string }
	suite.Read(t, "csv-formula", &known)
	harmless := map[string]bool{"": true, "0123": true, "\"=1+1\"": true, "a,=1+1": true, "DDE (\"cmd\";\"/C calc\";\"1\")": true}
	for _, v := range known.Values {
		got := safely(t, v, false)
		if want := harmless[v]; (got == readersWay(v)) != want {
			t.Errorf("%q: the safe cell is %q", v, got)
		}
		if got := safely(t, v, true); got != readersWay(v) {
			t.Errorf("%q: the raw cell is %q", v, got)
		}
	}
}

// FuzzCSV writes two cells and reads them back: whatever they hold, they are two, raw
// ones hold every byte, and safe ones begin with nothing a spreadsheet obeys.
func FuzzCSV(f *testing.F) {
	for _, seed := range []string{"", "=1", "a\"b", "\r\n", "\"", "'", ",", "\x00", "\ufeff=1", "－1"} {
		f.Add(seed, "x")
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		for _, raw := range []bool{true, false} {
			var out bytes.Buffer
			w := NewCSV(&out, raw, Options{})
			w.Columns([]string{"a", "b"})
			w.Text([]byte(a))
			w.Text([]byte(b))
			w.EndRow()
			w.Close()
			line := strings.TrimPrefix(out.String(), "a,b\r\n")
			cells, rest := parse(line)
			if rest != "" || len(cells) != 2 {
				t.Fatalf("%q, %q: %q reads as %q and %q", a, b, line, cells, rest)
			}
			for i, text := range []string{a, b} {
				switch {
				case raw && cells[i] != text:
					t.Fatalf("%q reads back as %q", text, cells[i])
				case !raw && strings.TrimPrefix(cells[i], "'") != strings.TrimPrefix(text, "'"):
					t.Fatalf("%q reads back as %q", text, cells[i])
				case !raw && Formula([]byte(cells[i])):
					t.Fatalf("%q is the formula %q", text, cells[i])
				}
			}
		}
	})
}

// parse reads one line of CSV as RFC 4180 has it, keeping every byte, and gives what
// follows the line.
func parse(line string) (cells []string, rest string) {
	for {
		var cell string
		if strings.HasPrefix(line, `"`) {
			cell, line = unquote(line[1:])
		} else {
			end := strings.IndexAny(line, ",\r")
			cell, line = line[:end], line[end:]
		}
		cells = append(cells, cell)
		if !strings.HasPrefix(line, ",") {
			return cells, strings.TrimPrefix(line, "\r\n")
		}
		line = line[1:]
	}
}

func unquote(line string) (cell, rest string) {
	for {
		end := strings.IndexByte(line, '"')
		cell, line = cell+line[:end], line[end+1:]
		if !strings.HasPrefix(line, `"`) {
			return cell, line
		}
		cell, line = cell+`"`, line[1:]
	}
}
