package identify

import (
	"fmt"
	"html"
	"net"
	"regexp"
	"strings"

	"sonde"
)

// httpDetector knows HTTP/1 (RFC 9112). What kind of server answers, http_kinds.go
// finds out.
var httpDetector = detector{
	name:  "http",
	ports: []uint16{80, 81, 591, 631, 2375, 2379, 3000, 3128, 5000, 5985, 7001, 8000, 8008, 8080, 8081, 8088, 8118, 8888, 9000, 9090, 9200},
	knows: fits(`^HTTP/\d\.\d \d{3}`),
	ask:   askHTTP,
}

func askHTTP(t *talk, s *sonde.Service) bool {
	t.say(t.request("GET", "/"))
	answer, ok := t.message("HTTP")
	if !ok || notHTTP.Match(answer.body) && !t.hints.NoTLS {
		return false
	}
	tell(s, "status", strings.TrimSpace(fmt.Sprint(answer.status, " ", answer.reason)))
	tell(s, "title", title(answer.body))
	for _, name := range []string{"server", "location", "x-powered-by", "www-authenticate"} {
		tell(s, name, answer.fields[name])
	}
	marked(s, serverMarks, answer.fields["server"])
	if s.Product == "" {
		marked(s, pageMarks, string(answer.body))
	}
	kindOfHTTP(t, s, answer)
	return true
}

// notHTTP is how servers of other protocols tell a web client that it is wrong here,
// in HTTP.
var notHTTP = regexp.MustCompile(`(?i)plain HTTP request was sent to HTTPS port|HTTP request to an HTTPS server|plain HTTP to an SSL-enabled|MongoDB over HTTP`)

// serverMarks read the Server field (RFC 9110 section 10.2.4).
var serverMarks = []mark{
	{"Apache", regexp.MustCompile(`^Apache(?:/(\d[\w.]*))?(?: |$)`)},
	{"Apache Tomcat", regexp.MustCompile(`^Apache-Coyote/`)},
	{"Microsoft IIS", regexp.MustCompile(`^Microsoft-IIS/(\d[\w.]*)`)},
	{"Microsoft HTTPAPI", regexp.MustCompile(`^Microsoft-HTTPAPI/(\d[\w.]*)`)},
	{"Jetty", regexp.MustCompile(`^Jetty\((\d[\w.]*)\)`)},
	{"Python http.server", regexp.MustCompile(`^SimpleHTTP/\d[\w.]* Python/(\d[\w.]*)`)},
	{"Werkzeug", regexp.MustCompile(`^Werkzeug/(\d[\w.]*)`)},
	{"OpenResty", regexp.MustCompile(`^openresty(?:/(\d[\w.]*))?`)},
	{"Squid", regexp.MustCompile(`^squid(?:/(\d[\w.]*))?`)},
	{"CUPS", regexp.MustCompile(`^CUPS(?:/(\d[\w.]*))?`)},
	{"GStreamer RTSP Server", regexp.MustCompile(`(?i)^GStreamer RTSP server`)},
	{"HAProxy", regexp.MustCompile(`(?i)^haproxy(?:[/ ](\d[\w.]*))?`)},
}

// serverProduct is a product with its version, or alone in the field. What stands
// alone before other words may be none.
var serverProduct = regexp.MustCompile(`^([A-Za-z][\w.+-]*)(?:/v?(\d[\w.+-]*)(?:[ (]|$)|$)`)

// pageMarks are products whose own pages name them where the Server field does not.
var pageMarks = []mark{
	{"Apache Tomcat", regexp.MustCompile(`(?:<title>|<h3>)Apache Tomcat/(\d[\w.]*)`)},
}

// request is a request without a body, after which the connection may stay.
func (t *talk) request(method, target string) string {
	return method + " " + target + " HTTP/1.1\r\nHost: " + t.hostHeader() + "\r\nUser-Agent: Sonde\r\nAccept: */*\r\n\r\n"
}

// hostHeader is the value of Host: the name asked for, else the address.
func (t *talk) hostHeader() string {
	host := t.hints.Host
	if host == "" {
		host, _, _ = net.SplitHostPort(t.conn.RemoteAddr().String())
	}
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if port := t.hints.Port; port != 0 && port != 80 && port != 443 {
		host = fmt.Sprintf("%s:%d", host, port)
	}
	return host
}

var titleElement = regexp.MustCompile(`(?is)<title[^>]*>([^<]*)`)

// title gives the text of a page's title element.
func title(page []byte) string {
	found := titleElement.FindSubmatch(page)
	if found == nil {
		return ""
	}
	return strings.Join(strings.Fields(html.UnescapeString(string(found[1]))), " ")
}
