package website

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

func TestPathAndNumber(t *testing.T) {
	if !slices.IsSorted(words) || len(words) != 32 {
		t.Fatalf("%d words, sorted: %v; number needs them sorted", len(words), slices.IsSorted(words))
	}
	for _, want := range []int{0, 1, 31, 32, 1023, 99_999, 1_000_000, 33_554_431} {
		if got, found := number(Path(want)); got != want || !found {
			t.Errorf("number(%s) = %d, %v, want %d", Path(want), got, found, want)
		}
	}
	for _, path := range []string{"", "/x", "/amber/amber-amber-amber-amber", "/amber-anchor/amber-amber-amber", "/coral/", "/robots.txt", "//"} {
		if got, found := number(path); found {
			t.Errorf("number(%q) = %d, want none", path, got)
		}
	}
}

var reference = regexp.MustCompile(`<a href="([^"]*)"`)

// TestAllPagesAreReached follows the links of a small site and looks at the sizes
// that the package promises.
func TestAllPagesAreReached(t *testing.T) {
	const pages = 5000
	site := New(pages, 0)
	server := func(path string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		site.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		return w
	}
	seen := map[string]bool{"/": true}
	links, size := 0, 0
	for open := []string{"/"}; len(open) > 0; open = open[1:] {
		answer := server(open[0])
		if answer.Code != http.StatusOK {
			t.Fatalf("GET %s = %d", open[0], answer.Code)
		}
		size += answer.Body.Len()
		for _, match := range reference.FindAllSubmatch(answer.Body.Bytes(), -1) {
			links++
			if path := string(match[1]); !seen[path] {
				seen[path] = true
				open = append(open, path)
			}
		}
	}
	if want := (Counts{pages, pages, pages}); len(seen) != pages || site.Counts() != want {
		t.Errorf("reached %d, counted %+v, want %d", len(seen), site.Counts(), pages)
	}
	if perPage := links / pages; perPage < 27 || perPage > 33 {
		t.Errorf("%d links a page, want about 30", perPage)
	}
	if perPage := size / pages; perPage < 3<<10 || perPage > 6<<10+512 {
		t.Errorf("%d bytes a page, want 3 to 6 KiB", perPage)
	}
}

func TestPagesAreTheSameEachTime(t *testing.T) {
	one, two := New(1000, 0), New(1000, 0)
	for _, number := range []int{0, 1, 999} {
		if !bytes.Equal(one.Page(nil, number), two.Page(nil, number)) {
			t.Errorf("page %d differs", number)
		}
	}
	if bytes.Equal(one.Page(nil, 1), one.Page(nil, 2)) {
		t.Error("pages 1 and 2 are the same")
	}
}

func TestAnswersOtherThanPages(t *testing.T) {
	site := New(100, 0)
	tests := map[string]int{"/style.css": 200, "/robots.txt": 404, Path(99): 200, Path(100): 404}
	for path, want := range tests {
		w := httptest.NewRecorder()
		site.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		if w.Code != want {
			t.Errorf("GET %s = %d, want %d", path, w.Code, want)
		}
	}
	if want := (Counts{Requests: 4, Pages: 1, Distinct: 1}); site.Counts() != want {
		t.Errorf("counts %+v, want %+v", site.Counts(), want)
	}
}

func TestLatency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		New(10, 50*time.Millisecond).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
		if took := time.Since(start); took != 50*time.Millisecond {
			t.Errorf("took %v, want 50ms", took)
		}
	})
}

func BenchmarkPage(b *testing.B) {
	site := New(1_000_000, 0)
	var out []byte
	for i := range b.N {
		out = site.Page(out[:0], i%1_000_000)
	}
	b.SetBytes(int64(len(out)))
}
