package identify

import (
	"bytes"
	"fmt"
	"html"
	"net"
	"regexp"
	"strconv"
	"strings"

	"sonde"
)

// httpDetector knows HTTP/1.x (RFC 9112). What kind of server it is, http_kinds.go
// finds out.
var httpDetector = detector{
	name:  "http",
	ports: []uint16{80, 81, 591, 631, 2375, 2379, 3000, 3128, 5000, 5985, 7001, 8000, 8008, 8080, 8081, 8088, 8118, 8888, 9000, 9090, 9200},
	knows: fits(`^HTTP/\d\.\d \d{3}`),
	ask:   askHTTP,
}

// answerOfHTTP is one answer, as far as it came.
type answerOfHTTP struct {
	status int
	reason string
	header map[string]string // by lower-case names; of a name that comes twice the first
	body   []byte
}

// maxPage is how much of a body is looked at.
const maxPage = 32 << 10

func askHTTP(t *talk, s *sonde.Service) bool {
	t.say(t.request("GET", "/"))
	return readHTTP(t, s)
}

// readHTTP reads the answer to askHTTP's question.
func readHTTP(t *talk, s *sonde.Service) bool {
	answer, ok := t.answer()
	if !ok || notHTTP.Match(answer.body) && !t.hints.NoTLS {
		return false
	}
	tell(s, "status", strings.TrimSpace(fmt.Sprint(answer.status, " ", answer.reason)))
	tell(s, "title", title(answer.body))
	for _, name := range []string{"Server", "Location", "X-Powered-By", "WWW-Authenticate"} {
		tell(s, strings.ToLower(name), answer.header[strings.ToLower(name)])
	}
	marked(s, serverMarks, answer.header["server"])
	return true
}

// notHTTP is how servers of other protocols tell a web client that it is wrong here,
// in HTTP.
var notHTTP = regexp.MustCompile(`(?i)plain HTTP request was sent to HTTPS port|HTTP request to an HTTPS server|plain HTTP to an SSL-enabled|MongoDB over HTTP`)

// serverMarks reads the Server field (RFC 9110 section 10.2.4): a product, and mostly
// its version.
var serverMarks = []mark{
	{"nginx", regexp.MustCompile(`^nginx(?:/([\w.]+))?`)},
	{"Apache", regexp.MustCompile(`^Apache(?:/([\w.]+))?`)},
}

// request is a request without a body, on a connection that it is the last for.
func (t *talk) request(method, path string) string {
	return method + " " + path + " HTTP/1.1\r\nHost: " + t.hostHeader() + "\r\nUser-Agent: Sonde\r\nAccept: */*\r\nConnection: close\r\n\r\n"
}

// answer takes an answer.
func (t *talk) answer() (answerOfHTTP, bool) {
	head := t.hear(endOfHead)
	if head == nil {
		return answerOfHTTP{}, false
	}
	answer, ok := parseHead(head)
	if ok {
		answer.body = t.body(answer)
	}
	return answer, ok
}

// body takes as much of a body as is looked at, or comes without a pause.
func (t *talk) body(a answerOfHTTP) []byte {
	want := maxPage
	if n, err := strconv.Atoi(a.header["content-length"]); err == nil && n >= 0 {
		want = min(n, want)
	}
	body := t.rest(want)
	return body[:min(len(body), want)]
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

// endOfHead gives the length of a head with its blank line. What does not begin as
// HTTP has no head to wait for.
func endOfHead(in []byte) int {
	if n := min(len(in), 5); string(in[:n]) != "HTTP/"[:n] {
		return 0
	}
	if i := bytes.Index(in, []byte("\r\n\r\n")); i >= 0 {
		return i + 4
	}
	if i := bytes.Index(in, []byte("\n\n")); i >= 0 {
		return i + 2
	}
	return -1
}

var statusLine = regexp.MustCompile(`^HTTP/\d\.\d (\d{3})(?: ([^\r\n]*))?\r?\n`)

// parseHead reads a status line and fields, and forgives what it can.
func parseHead(head []byte) (answerOfHTTP, bool) {
	found := statusLine.FindSubmatch(head)
	if found == nil {
		return answerOfHTTP{}, false
	}
	answer := answerOfHTTP{reason: string(found[2]), header: map[string]string{}}
	answer.status, _ = strconv.Atoi(string(found[1]))
	for line := range strings.Lines(string(head[len(found[0]):])) {
		name, value, _ := strings.Cut(line, ":")
		name = strings.ToLower(strings.TrimSpace(name))
		if _, there := answer.header[name]; !there && name != "" {
			answer.header[name] = strings.TrimSpace(value)
		}
	}
	return answer, true
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
