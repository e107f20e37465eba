package identify

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"sonde"
)

func TestHTTP(t *testing.T) {
	tests := []struct {
		name, answer string
		want         sonde.Service
	}{
		{
			"nginx", "HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nContent-Length: 35\r\n\r\n<title>Welcome &amp;\n hello</title>..",
			sonde.Service{Name: "http", Product: "nginx", Version: "1.22.1", Facts: facts("status", "200 OK", "title", "Welcome & hello", "server", "nginx/1.22.1")},
		},
		{
			"no reason, bare line ends", "HTTP/1.0 404\nserver: Apache\n\n",
			sonde.Service{Name: "http", Product: "Apache", Facts: facts("status", "404", "server", "Apache")},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			same(t, identified(t, place(t, replies("", test.answer))), test.want)
		})
	}
}

// TestHTTPS holds that a web server inside TLS is found behind the answer that it
// gives to a client without TLS.
func TestHTTPS(t *testing.T) {
	server := httptest.NewTLSServer(http.NotFoundHandler())
	defer server.Close()
	got := identified(t, at(server.Listener.Addr().String()))
	same(t, got, sonde.Service{Name: "http", Facts: facts("status", "404 Not Found")})
	if got.TLS == nil || got.TLS.Version != "TLS 1.3" || got.TLS.Certificate == nil || got.TLS.Certificate.VerifyError == "" {
		t.Errorf("TLS %+v", got.TLS)
	}
}
