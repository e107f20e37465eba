package identify

import (
	"bytes"
	"encoding/json"
	"errors"
	"regexp"
	"strings"

	"sonde"
)

// kindOfHTTP names the protocol that is spoken over HTTP, where it is one of its own:
// an interface of a database, a printer, a proxy.
func kindOfHTTP(t *talk, s *sonde.Service, answer message) {
	server := answer.fields["server"]
	switch {
	case isElastic(answer):
		readElastic(s, answer.body)
	case strings.Contains(server, "IPP/"):
		s.Name = "ipp" // RFC 8010
	case rtspServer.MatchString(server): // which HTTP is only a tunnel to
		s.Name = rtspDetector.name
	case isProxy(answer):
		s.Name = "http-proxy"
		marked(s, proxyMarks, answer.fields["proxy-agent"]+"\n"+string(answer.body))
	case tellsVersion(answer):
		t.say(t.request("GET", "/version"))
		if version, ok := t.message("HTTP"); ok {
			readVersionPage(s, version)
		}
	case answer.status >= 400 && answer.status < 500:
		t.askProxy(s)
	}
	if s.Product == "" {
		readServer(s, server)
	}
}

// readServer takes the first product of a Server field that no mark knows.
func readServer(s *sonde.Service, server string) {
	if found := serverProduct.FindStringSubmatch(server); found != nil {
		s.Product, s.Version = found[1], found[2]
	}
}

// isElastic recognises Elasticsearch and OpenSearch, also when they want a login
// (elastic.co: "X-elastic-product").
func isElastic(answer message) bool {
	return answer.fields["x-elastic-product"] != "" || bytes.Contains(answer.body, []byte(`"tagline"`)) && bytes.Contains(answer.body, []byte(`"lucene_version"`))
}

func readElastic(s *sonde.Service, body []byte) {
	var page struct {
		Cluster string `json:"cluster_name"`
		Version struct {
			Number       string
			Distribution string
		}
	}
	s.Name, s.Product = "elasticsearch", "Elasticsearch"
	if json.Unmarshal(body, &page) != nil {
		return
	}
	if page.Version.Distribution == "opensearch" {
		s.Product = "OpenSearch"
	}
	s.Version = page.Version.Number
	tell(s, "cluster", page.Cluster)
}

// isProxy recognises a proxy by what only proxies say (RFC 9110 section 11.7).
func isProxy(answer message) bool {
	return answer.status == 407 || answer.fields["proxy-agent"] != "" || answer.fields["x-squid-error"] != "" ||
		proxyServer.MatchString(answer.fields["server"])
}

var rtspServer = regexp.MustCompile(`\bRTSP\b`)

var proxyServer = regexp.MustCompile(`(?i)^(squid|tinyproxy|privoxy|polipo|mitmproxy|ziproxy)\b`)

var proxyMarks = []mark{
	{"Privoxy", regexp.MustCompile(`\bPrivoxy(?: (\d[\w.]*))?`)},
}

// askProxy asks for a name that cannot exist (RFC 6761 section 6.4), and forbids to
// pass the question on (RFC 9110 section 7.6.2): an origin speaks of itself, a proxy
// of the name that it cannot reach. So does a gateway which knows only its own names,
// but it says the same when it is not asked as a proxy.
func (t *talk) askProxy(s *sonde.Service) {
	if t.cannotReach("http://sonde.invalid/") && !t.cannotReach("/") && t.failed == nil {
		s.Name = "http-proxy"
	}
}

func (t *talk) cannotReach(target string) bool {
	t.say("OPTIONS " + target + " HTTP/1.1\r\nHost: sonde.invalid\r\nMax-Forwards: 0\r\nUser-Agent: Sonde\r\n\r\n")
	answer, ok := t.message("HTTP")
	return ok && (answer.status == 407 || answer.status >= 502 && answer.status <= 504)
}

// tellsVersion reports whether a server may have a page /version: it is one of the
// daemons written in Go that serve no page at / and name no server, or Docker.
func tellsVersion(answer message) bool {
	bare := answer.fields["server"] == "" && answer.status == 404 && (bytes.Contains(answer.body, []byte("page not found")))
	kubernetes := bytes.Contains(answer.body, []byte(`"kind":"Status"`)) || bytes.Contains(answer.body, []byte(`"kind": "Status"`))
	docker := answer.fields["api-version"] != "" || strings.HasPrefix(answer.fields["server"], "Docker/")
	return bare || kubernetes || docker
}

// readVersionPage reads the page /version of etcd, Kubernetes and Docker's Engine API.
func readVersionPage(s *sonde.Service, answer message) {
	var page struct {
		Etcd       string `json:"etcdserver"`
		Kubernetes string `json:"gitVersion"`
		Platform   string `json:"platform"`
		Docker     string `json:"Version"`
		API        string `json:"ApiVersion"`
		OS         string `json:"Os"`
		Components []struct{ Name string }
	}
	err := json.Unmarshal(answer.body, &page)
	if _, otherType := errors.AsType[*json.UnmarshalTypeError](err); err != nil && !otherType { // they share names, and not all types
		return
	}
	switch {
	case page.Etcd != "":
		s.Name, s.Product, s.Version = "etcd", "etcd", page.Etcd
	case page.Kubernetes != "":
		s.Name, s.Product, s.Version = "kubernetes", "Kubernetes", strings.TrimPrefix(page.Kubernetes, "v")
		tell(s, "platform", page.Platform)
	case page.API != "":
		s.Name, s.Product = "docker", "Docker"
		s.Version, _, _ = strings.Cut(page.Docker, "+") // "+dfsg1" is of its packager
		if len(page.Components) > 0 && strings.HasPrefix(page.Components[0].Name, "Podman") {
			s.Product = "Podman"
		}
		tell(s, "api version", page.API)
		tell(s, "os", page.OS)
	}
}
