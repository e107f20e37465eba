package identify

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"
)

// message is an answer in the form that HTTP/1 (RFC 9112), SIP and RTSP share: a
// status line, fields, a body.
type message struct {
	status int
	reason string
	fields map[string]string // by lower-case names; of a name that comes twice the first
	body   []byte            // as far as it came, and is looked at
}

// maxPage is how much of a body is looked at.
const maxPage = 32 << 10

// message takes an answer of a protocol, "HTTP".
func (t *talk) message(protocol string) (message, bool) {
	head := t.hear(func(in []byte) int { return endOfHead(protocol, in) })
	m, ok := parseHead(protocol, head)
	if ok {
		m.body = t.body(m)
	}
	return m, ok
}

// body takes a body to its end, where the end is told and near; else as much as is
// looked at or comes without a pause.
func (t *talk) body(m message) []byte {
	if n, err := strconv.Atoi(m.fields["content-length"]); err == nil && 0 <= n && n <= maxPage {
		if body := t.hear(func([]byte) int { return n }); body != nil || n == 0 {
			return body
		}
	}
	if strings.EqualFold(m.fields["transfer-encoding"], "chunked") {
		if chunked := t.hear(endOfChunks); chunked != nil {
			return joinChunks(chunked)
		}
	}
	body := t.rest(maxPage)
	return body[:min(len(body), maxPage)]
}

// endOfHead gives the length of a head with its blank line. What does not begin as the
// protocol has no head to wait for.
func endOfHead(protocol string, in []byte) int {
	begin := protocol + "/"
	if n := min(len(in), len(begin)); string(in[:n]) != begin[:n] {
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

var statusLine = regexp.MustCompile(`^([A-Z]+)/\d\.\d (\d{3})(?: ([^\r\n]*))?\r?\n`)

// parseHead reads a status line and fields, and forgives what it can.
func parseHead(protocol string, head []byte) (message, bool) {
	found := statusLine.FindSubmatch(head)
	if found == nil || string(found[1]) != protocol {
		return message{}, false
	}
	m := message{reason: string(found[3]), fields: map[string]string{}}
	m.status, _ = strconv.Atoi(string(found[2]))
	for line := range strings.Lines(string(head[len(found[0]):])) {
		name, value, _ := strings.Cut(line, ":")
		name = strings.ToLower(strings.TrimSpace(name))
		if _, there := m.fields[name]; !there && name != "" {
			m.fields[name] = strings.TrimSpace(value)
		}
	}
	return m, true
}

// endOfChunks gives the length of a body in chunks (RFC 9112 section 7.1), -1 when not
// all came or more came than is looked at.
func endOfChunks(in []byte) int {
	rest := in
	for len(in)-len(rest) <= maxPage {
		chunk, after, ok := cutChunk(rest)
		if !ok {
			return -1
		}
		rest = after
		if len(chunk) == 0 {
			return len(in) - len(rest)
		}
	}
	return 0
}

// joinChunks puts the chunks of a whole body together.
func joinChunks(in []byte) []byte {
	var body []byte
	for chunk, rest, ok := cutChunk(in); ok && len(chunk) > 0; chunk, rest, ok = cutChunk(rest) {
		body = append(body, chunk...)
	}
	return body
}

// cutChunk takes the first chunk off; the last has no bytes, and its trailer is the
// line end alone.
func cutChunk(in []byte) (chunk, rest []byte, ok bool) {
	line, rest, found := bytes.Cut(in, []byte("\r\n"))
	digits, _, _ := strings.Cut(string(line), ";")
	size, err := strconv.ParseUint(strings.TrimSpace(digits), 16, 31)
	if !found || err != nil || uint64(len(rest)) < size+2 {
		return nil, nil, false
	}
	return rest[:size], rest[size+2:], true
}
