package tabular

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"math"
	"slices"
	"strings"
	"testing"
)

// give writes rows of values to a writer: nil, int, float64, string or []byte.
func give(t testing.TB, w Writer, names []string, rows ...[]any) {
	t.Helper()
	if err := w.Columns(names); err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		for _, v := range row {
			cellOf(w, v)
		}
		if err := w.EndRow(); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

func cellOf(w Writer, value any) {
	switch v := value.(type) {
	case nil:
		w.Null()
	case int:
		w.Integer(int64(v))
	case float64:
		w.Float(v)
	case string:
		w.Text([]byte(v))
	case []byte:
		w.Blob(v)
	}
}

var everything = [][]any{
	{1, "plain", 0.5, nil, []byte{0, 0xff}},
	{-9223372036854775808, "two\nlines, \"quoted\"", math.Inf(1), "", []byte{}},
	{9223372036854775807, "tab\tesc\x1b[31m \xff é 漢", 9.223372036854775808e18, `back\slash`, []byte("=1")},
}

var fiveColumns = []string{"n", "text", "float", "maybe", "bytes"}

func TestFormats(t *testing.T) {
	for name, c := range map[string]struct {
		make func(io.Writer) Writer
		want string
	}{
		"csv": {
			func(w io.Writer) Writer { return NewCSV(w, false, Options{}) },
			"n,text,float,maybe,bytes\r\n" +
				"1,plain,0.5,,00ff\r\n" +
				"-9223372036854775808,\"two\nlines, \"\"quoted\"\"\",Inf,\"\",\r\n" +
				"9223372036854775807,tab\tesc\x1b[31m \xff é 漢,9.223372036854776e+18,back\\slash,3d31\r\n",
		},
		"raw csv": {
			func(w io.Writer) Writer { return NewCSV(w, true, Options{}) },
			"n,text,float,maybe,bytes\r\n" +
				"1,plain,0.5,,\x00\xff\r\n" +
				"-9223372036854775808,\"two\nlines, \"\"quoted\"\"\",Inf,\"\",\"\"\r\n" +
				"9223372036854775807,tab\tesc\x1b[31m \xff é 漢,9.223372036854776e+18,back\\slash,=1\r\n",
		},
		"ndjson": {
			func(w io.Writer) Writer { return NewNDJSON(w, Options{}) },
			`{"n":1,"text":"plain","float":0.5,"maybe":null,"bytes":"00ff"}` + "\n" +
				`{"n":-9223372036854775808,"text":"two\nlines, \"quoted\"","float":null,"maybe":"","bytes":""}` + "\n" +
				`{"n":9223372036854775807,"text":"tab\tesc\u001b[31m ` + "\uFFFD" + ` é 漢","float":9.223372036854776e+18,"maybe":"back\\slash","bytes":"3d31"}` + "\n",
		},
		"tsv": {
			func(w io.Writer) Writer { return NewTSV(w, Options{}) },
			"1\tplain\t0.5\t\t00ff\n" +
				"-9223372036854775808\ttwo\\nlines, \"quoted\"\tInf\t\t\n" +
				"9223372036854775807\ttab\\tesc\\x1b[31m \\xff é 漢\t9.223372036854776e+18\tback\\\\slash\t3d31\n",
		},
	} {
		var out bytes.Buffer
		give(t, c.make(&out), fiveColumns, everything...)
		if out.String() != c.want {
			t.Errorf("%s:\n got %q\nwant %q", name, out.String(), c.want)
		}
	}
}

func TestCSVOfOneColumnHasNoEmptyLines(t *testing.T) {
	var out bytes.Buffer
	give(t, NewCSV(&out, true, Options{}), []string{"a"}, []any{nil}, []any{""}, []any{"x"})
	records, err := csv.NewReader(&out).ReadAll()
	if err != nil || len(records) != 4 {
		t.Errorf("%d records (%v), want 4", len(records), err)
	}
}

func TestJSONIsOneDocument(t *testing.T) {
	for _, rows := range [][][]any{nil, everything[:1], everything} {
		var out bytes.Buffer
		give(t, NewJSON(&out, Options{}), fiveColumns, rows...)
		var got []map[string]any
		if err := json.Unmarshal(out.Bytes(), &got); err != nil || len(got) != len(rows) {
			t.Errorf("%d rows: %d objects (%v):\n%s", len(rows), len(got), err, out.String())
		}
	}
}

func TestColumnsOfTheSameNameStayApart(t *testing.T) {
	got := distinct([]string{"a", "a", "b", "a_2", "a", ""})
	want := []string{"a", "a_2", "b", "a_2_2", "a_3", ""}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestFloats(t *testing.T) {
	for f, want := range map[float64]string{
		0: "0.0", 1: "1.0", -2.5: "-2.5", 1e14: "100000000000000.0", 1e15: "1e+15", 1e-7: "1e-07",
		math.MaxFloat64: "1.7976931348623157e+308", math.SmallestNonzeroFloat64: "5e-324",
		math.Inf(1): "Inf", math.Inf(-1): "-Inf",
	} {
		if got := string(appendFloat(nil, f)); got != want {
			t.Errorf("%v: %s, want %s", f, got, want)
		}
	}
	var out bytes.Buffer
	give(t, NewCSV(&out, false, Options{}), []string{"a"}, []any{math.Inf(-1)}, []any{-1.5}, []any{-7})
	if want := "a\r\n'-Inf\r\n-1.5\r\n-7\r\n"; out.String() != want {
		t.Errorf("%q, want %q: only minus infinity is no number to a spreadsheet", out.String(), want)
	}
}

// counter counts the writes that come through.
type counter struct{ writes, bytes int }

func (c *counter) Write(b []byte) (int, error) {
	c.writes++
	c.bytes += len(b)
	return len(b), nil
}

func TestRowsAreHeldBack(t *testing.T) {
	var c counter
	w := NewCSV(&c, false, Options{Hold: 1000})
	row := []any{strings.Repeat("x", 98)} // 100 bytes with CRLF
	rows := slices.Repeat([][]any{row}, 25)
	give(t, w, []string{"a"}, rows...)
	if c.writes != 3 || c.bytes != 2503 {
		t.Errorf("%d bytes in %d writes, want 2503 in 3", c.bytes, c.writes)
	}
}

// broken is a reader that has gone away.
type broken struct{}

var errGone = errors.New("the reader has gone away")

func (broken) Write([]byte) (int, error) { return 0, errGone }

func TestEndRowTellsThatWritingFailed(t *testing.T) {
	for name, w := range map[string]Writer{
		"csv": NewCSV(broken{}, false, Options{Hold: 1}), "json": NewJSON(broken{}, Options{Hold: 1}),
		"ndjson": NewNDJSON(broken{}, Options{Hold: 1}), "tsv": NewTSV(broken{}, Options{Hold: 1}),
	} {
		err := w.Columns([]string{"a"})
		if err == nil {
			w.Integer(1)
			err = w.EndRow()
		}
		if !errors.Is(err, errGone) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestCellsAreNotAllocated(t *testing.T) {
	text, blob := []byte("https://example.org/a,b"), []byte{1, 2, 3}
	for name, w := range map[string]Writer{
		"csv": NewCSV(io.Discard, false, Options{}), "json": NewJSON(io.Discard, Options{}),
		"ndjson": NewNDJSON(io.Discard, Options{}), "tsv": NewTSV(io.Discard, Options{}),
	} {
		w.Columns(fiveColumns)
		row := func() {
			w.Integer(1)
			w.Text(text)
			w.Float(0.25)
			w.Null()
			w.Blob(blob)
			w.EndRow()
		}
		for range 2000 { // grows the buffer to its size
			row()
		}
		if n := testing.AllocsPerRun(2000, row); n != 0 {
			t.Errorf("%s: %v allocations a row", name, n)
		}
	}
}

func BenchmarkRow(b *testing.B) {
	url, title := []byte("https://docs.example.org/reference/types/string.html"), []byte("String — the reference manual, with commas")
	for name, w := range map[string]Writer{
		"csv": NewCSV(io.Discard, false, Options{}), "ndjson": NewNDJSON(io.Discard, Options{}),
	} {
		b.Run(name, func(b *testing.B) {
			w.Columns([]string{"url", "status", "title", "bytes", "canonical"})
			for b.Loop() {
				w.Text(url)
				w.Integer(200)
				w.Text(title)
				w.Integer(18237)
				w.Null()
				w.EndRow()
			}
		})
	}
}
