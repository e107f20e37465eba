package weburl

import (
	"strings"
	"testing"
)

func TestTyped(t *testing.T) {
	tests := []struct{ typed, want string }{
		{"example.org", "https://example.org/"},
		{" Example.org/x y?z#f\n", "https://example.org/x%20y?z#f"},
		{"example.org:8443/x", "https://example.org:8443/x"},
		{"example.org:80", "http://example.org/"},
		{"//example.org/x", "https://example.org/x"},
		{"intranet", "https://intranet/"},
		{"intranet:8080", "https://intranet:8080/"},
		{"bücher.example", "https://xn--bcher-kva.example/"},
		{"localhost", "http://localhost/"},
		{"LOCALHOST:8080/x", "http://localhost:8080/x"},
		{"app.localhost:3000", "http://app.localhost:3000/"},
		{"localhost:443", "http://localhost:443/"},
		{"127.0.0.1:8080", "http://127.0.0.1:8080/"},
		{"127.1", "http://127.0.0.1/"},
		{"192.0.2.1/x", "http://192.0.2.1/x"},
		{"::1", "http://[::1]/"},
		{"[::1]:8080/x", "http://[::1]:8080/x"},
		{"2001:db8::1", "http://[2001:db8::1]/"},
		{"http://example.org", "http://example.org/"},
		{"HTTPS://localhost/", "https://localhost/"},
		{"https:/example.org", "https://example.org/"},
		{"https://u:p@example.org/", "https://u:p@example.org/"},
	}
	for _, c := range tests {
		if got, err := Typed(c.typed); got != c.want || err != nil {
			t.Errorf("Typed(%q) = %q, %v; want %q", c.typed, got, err, c.want)
		}
	}
}

func TestTypedSaysWhatIsWrong(t *testing.T) {
	tests := []struct{ typed, want string }{
		{"  ", "there is no address"},
		{"ftp://example.org", `the scheme is "ftp"`},
		{"htps://example.org", `the scheme is "htps"`},
		{"mailto:a@example.org", `the scheme is "mailto"`},
		{"javascript:alert(1)", `the scheme is "javascript"`},
		{"https//example.org", "the ':' behind https, character 6, is missing"},
		{"HTTP//example.org", "the ':' behind HTTP, character 5, is missing"},
		{"a@example.org", "'@' at character 2"},
		{"/index.html", "a host such as example.org must come first"},
		{"./index.html", "a host such as example.org must come first"},
		{"//", "a host such as example.org must come first"},
		{"https://", "the host is missing"},
		{"https://:80/", "the host is missing"},
		{"exa mple.org", `the host "exa mple.org" has ' ' at character 4`},
		{"https://exa<mple.org/x", `the host "exa<mple.org" has '<' at character 4`},
		{"example.org:8O80", `the port "8O80" is not a number`},
		{"localhost:http", `the port "http" is not a number`},
		{"example.org:70000", "the port 70000 is above 65535"},
		{"1.2.3.400", "part 4 is not a number below 256"},
		{"1.2.3.4.5", "more than the four parts"},
		{"example.1", "part 1 is not a number below 256"},
		{"[::1", "no ] at its end"},
		{"[::g]", "not an IPv6 address"},
		{"x\u200d.example", "not a domain name that can be written in ASCII"},
	}
	for _, c := range tests {
		got, err := Typed(c.typed)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("Typed(%q) = %q, %v; want an error with %q", c.typed, got, err, c.want)
		}
	}
}
