package identify

import (
	"strings"
	"testing"
)

func TestChunks(t *testing.T) {
	tests := []struct{ in, want string }{
		{"5\r\nhello\r\n6;a=b\r\n world\r\n0\r\n\r\n", "hello world"},
		{"0\r\n\r\n", ""},
	}
	for _, test := range tests {
		if n := endOfChunks([]byte(test.in + "next")); n != len(test.in) {
			t.Errorf("%q ends at %d, want %d", test.in, n, len(test.in))
		}
		if got := string(joinChunks([]byte(test.in))); got != test.want {
			t.Errorf("%q = %q, want %q", test.in, got, test.want)
		}
	}
	for _, unfinished := range []string{"", "5", "5\r\nhell", "5\r\nhello\r\n", "zz\r\n", "-1\r\n\r\n", "ffffffffffffffff\r\n"} {
		if n := endOfChunks([]byte(unfinished)); n != -1 {
			t.Errorf("%q ends at %d, want -1", unfinished, n)
		}
	}
	if n := endOfChunks([]byte(strings.Repeat("1\r\nx\r\n", maxPage))); n != 0 {
		t.Errorf("a body without end ends at %d, want 0: nothing is taken", n)
	}
}

func TestEndOfHead(t *testing.T) {
	tests := []struct {
		in   string
		want int
	}{
		{"", -1}, {"HT", -1}, {"HTTP/1.1 200 OK\r\n", -1}, {"HTTP/1.1 200 OK\r\n\r\n", 19}, {"HTTP/1.0 200\n\nx", 14},
		{"SSH-2.0", 0}, {"HTTPX", 0},
	}
	for _, test := range tests {
		if got := endOfHead("HTTP", []byte(test.in)); got != test.want {
			t.Errorf("%q: %d, want %d", test.in, got, test.want)
		}
	}
}
