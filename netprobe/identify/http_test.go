package identify

import (
	"crypto/tls"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"testing"

	"sonde"
)

func TestHTTP(t *testing.T) {
	get := func(answer string) map[string]string { return map[string]string{"GET / ": answer} }
	testServed(t, []served{
		{
			"nginx", answering(get("HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nContent-Length: 35\r\n\r\n<title>Welcome &amp;\n hello</title>..")),
			sonde.Service{Name: "http", Product: "nginx", Version: "1.22.1", Facts: facts("status", "200 OK", "title", "Welcome & hello", "server", "nginx/1.22.1")},
		},
		{
			"no reason, bare line ends", answering(get("HTTP/1.0 200\nserver: Apache\n\n")),
			sonde.Service{Name: "http", Product: "Apache", Facts: facts("status", "200", "server", "Apache")},
		},
		{
			"packager in brackets", answering(get("HTTP/1.1 200 OK\r\nServer: Apache/2.4.57 (Debian)\r\nContent-Length: 0\r\n\r\n")),
			sonde.Service{Name: "http", Product: "Apache", Version: "2.4.57", Facts: facts("status", "200 OK", "server", "Apache/2.4.57 (Debian)")},
		},
		{
			"a Server field that is a sentence", answering(get("HTTP/1.1 200 OK\r\nServer: none of your business\r\nContent-Length: 0\r\n\r\n")),
			sonde.Service{Name: "http", Facts: facts("status", "200 OK", "server", "none of your business")},
		},
		{
			"Tomcat's own page", answering(get("HTTP/1.1 404 \r\nContent-Length: 55\r\n\r\n<title>HTTP Status 404</title><h3>Apache Tomcat/9.0.70<")),
			sonde.Service{Name: "http", Product: "Apache Tomcat", Version: "9.0.70", Facts: facts("status", "404", "title", "HTTP Status 404")},
		},
	})
}

func TestKindsOfHTTP(t *testing.T) {
	page := func(head, body string) string {
		return "HTTP/1.1 " + head + "\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(body)
	}
	const notFound = "404 Not Found\r\nContent-Type: text/plain"
	testServed(t, []served{
		{
			"Elasticsearch", answering(map[string]string{"GET / ": page("200 OK\r\nX-elastic-product: Elasticsearch",
				`{"cluster_name" : "main", "version" : {"number" : "8.12.0", "lucene_version" : "9.9.1"}, "tagline" : "You Know, for Search"}`)}),
			sonde.Service{Name: "elasticsearch", Product: "Elasticsearch", Version: "8.12.0", Facts: facts("status", "200 OK", "cluster", "main")},
		},
		{
			"OpenSearch", answering(map[string]string{"GET / ": page("200 OK",
				`{"version" : {"distribution" : "opensearch", "number" : "2.11.0", "lucene_version" : "9.7.0"}, "tagline" : "The OpenSearch Project"}`)}),
			sonde.Service{Name: "elasticsearch", Product: "OpenSearch", Version: "2.11.0", Facts: facts("status", "200 OK")},
		},
		{
			"etcd", answering(map[string]string{
				"GET / ": page(notFound, "404 page not found\n"), "GET /version ": page("200 OK", `{"etcdserver":"3.4.23","etcdcluster":"3.4.0"}`),
			}),
			sonde.Service{Name: "etcd", Product: "etcd", Version: "3.4.23", Facts: facts("status", "404 Not Found")},
		},
		{
			"Kubernetes, which wants a login", answering(map[string]string{
				"GET / ":        page("403 Forbidden", `{"kind":"Status","apiVersion":"v1","status":"Failure","code":403}`),
				"GET /version ": page("200 OK", `{"major": "1", "gitVersion": "v1.29.1", "platform": "linux/amd64"}`),
			}),
			sonde.Service{Name: "kubernetes", Product: "Kubernetes", Version: "1.29.1", Facts: facts("status", "403 Forbidden", "platform", "linux/amd64")},
		},
		{
			"Docker", answering(map[string]string{
				"GET / ":        page("404 Not Found\r\nServer: Docker/24.0.5 (linux)\r\nApi-Version: 1.43", `{"message":"page not found"}`),
				"GET /version ": page("200 OK", `{"Version":"24.0.5","ApiVersion":"1.43","Os":"linux"}`),
			}),
			sonde.Service{Name: "docker", Product: "Docker", Version: "24.0.5", Facts: facts("status", "404 Not Found", "server", "Docker/24.0.5 (linux)", "api version", "1.43", "os", "linux")},
		},
		{
			"an RTSP server that takes HTTP for a tunnel", answering(map[string]string{"GET / ": page("503 Service Unavailable\r\nServer: GStreamer RTSP Server", "")}),
			sonde.Service{Name: "rtsp", Product: "GStreamer RTSP Server", Facts: facts("status", "503 Service Unavailable", "server", "GStreamer RTSP Server")},
		},
		{
			"Docker that names no server", answering(map[string]string{
				"GET / ":        page("404 Not Found\r\nContent-Type: application/json", `{"message":"page not found"}`),
				"GET /version ": page("200 OK", `{"Platform":{"Name":""},"Components":[{"Name":"Engine","Version":"20.10.24+dfsg1","Details":{"Os":"linux"}}],"Version":"20.10.24+dfsg1","ApiVersion":"1.41","Os":"linux"}`),
			}),
			sonde.Service{Name: "docker", Product: "Docker", Version: "20.10.24", Facts: facts("status", "404 Not Found", "api version", "1.41", "os", "linux")},
		},
		{
			"a Go program like any other", answering(map[string]string{"GET ": page(notFound, "404 page not found\n")}),
			sonde.Service{Name: "http", Facts: facts("status", "404 Not Found")},
		},
		{
			"IPP", answering(map[string]string{"GET / ": page("200 OK\r\nServer: CUPS/2.4 IPP/2.1", "<TITLE>Home - CUPS 2.4.2</TITLE>")}),
			sonde.Service{Name: "ipp", Product: "CUPS", Version: "2.4", Facts: facts("status", "200 OK", "title", "Home - CUPS 2.4.2", "server", "CUPS/2.4 IPP/2.1")},
		},
		{
			"Squid", answering(map[string]string{"GET / ": page("400 Bad Request\r\nServer: squid/5.7\r\nX-Squid-Error: ERR_INVALID_URL 0", "")}),
			sonde.Service{Name: "http-proxy", Product: "Squid", Version: "5.7", Facts: facts("status", "400 Bad Request", "server", "squid/5.7")},
		},
		{
			"Privoxy", answering(map[string]string{"GET / ": page("400 Invalid header received from client\r\nProxy-Agent: Privoxy 3.0.34", "")}),
			sonde.Service{Name: "http-proxy", Product: "Privoxy", Version: "3.0.34", Facts: facts("status", "400 Invalid header received from client")},
		},
		{
			"a proxy that is known by what it cannot reach", answering(map[string]string{
				"GET / ": page("400 Bad Request", ""), "OPTIONS http:": page("502 Bad Gateway", ""), "OPTIONS / ": page("400 Bad Request", ""),
			}),
			sonde.Service{Name: "http-proxy", Facts: facts("status", "400 Bad Request")},
		},
		{
			"a gateway that knows its own names only", answering(map[string]string{
				"GET / ": page("404 Not Found", ""), "OPTIONS ": page("503 Service Unavailable", ""),
			}),
			sonde.Service{Name: "http", Facts: facts("status", "404 Not Found")},
		},
	})
}

// chunked writes a body in two chunks.
func chunked(body string) string {
	half := len(body) / 2
	chunk := func(s string) string {
		if s == "" {
			return ""
		}
		return string("0123456789abcdef"[len(s)>>4]) + string("0123456789abcdef"[len(s)&15]) + "\r\n" + s + "\r\n"
	}
	return chunk(body[:half]) + chunk(body[half:]) + "0\r\n\r\n"
}

// quietly serves handler inside TLS and logs nothing.
func quietly(t *testing.T, config *tls.Config) *httptest.Server {
	t.Helper()
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.TLS, server.Config.ErrorLog = config, log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	return server
}

// TestHTTPS holds that a web server inside TLS is found behind the answer that it
// gives to a client without TLS.
func TestHTTPS(t *testing.T) {
	server := quietly(t, nil)
	got := identified(t, at(server.Listener.Addr().String()))
	same(t, got, sonde.Service{Name: "http", Facts: facts("status", "404 Not Found")})
	if got.TLS == nil || got.TLS.Version != "TLS 1.3" || got.TLS.ALPN != "http/1.1" || got.TLS.Certificate == nil || got.TLS.Failure != sonde.CertUntrusted {
		t.Errorf("TLS %+v", got.TLS)
	}
}

// TestHTTPSUntouched holds that no handshake is made where none is wanted.
func TestHTTPSUntouched(t *testing.T) {
	server := quietly(t, nil)
	h := at(server.Listener.Addr().String())
	h.NoTLS = true
	got := identified(t, h)
	same(t, got, sonde.Service{Name: "http", Facts: facts("status", "400 Bad Request")})
	if got.TLS != nil {
		t.Errorf("TLS %+v", got.TLS)
	}
}
