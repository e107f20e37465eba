package robots

import "strings"

// pattern is a path pattern of a rule: literal octets, * for any octets, and $ at
// the end for the end of the path (RFC 9309, section 2.2.3).
type pattern struct {
	prefix string   // literal octets before the first *
	parts  []string // literal octets between the * and behind the last
	end    bool     // the path must end where the pattern ends
}

// match reports whether path, which begins with the pattern's prefix, matches the
// whole of it. Taking each part where it first occurs is enough: a later place
// never leaves more for the parts that follow. So the time is that of reading the
// path once, however many * there are.
func (p *pattern) match(path string) bool {
	rest := path[len(p.prefix):]
	if len(p.parts) == 0 {
		return !p.end || rest == ""
	}
	last := len(p.parts)
	if p.end {
		last--
	}
	for _, part := range p.parts[:last] {
		i := strings.Index(rest, part)
		if i < 0 {
			return false
		}
		rest = rest[i+len(part):]
	}
	return !p.end || strings.HasSuffix(rest, p.parts[last])
}

// compilePattern takes a pattern in one of the forms below apart.
func compilePattern(source string) pattern {
	source, end := strings.CutSuffix(source, "$")
	if open := strings.TrimRight(source, "*"); open != source {
		source, end = open, false // what ends with * matches any end
	}
	pieces := strings.Split(strings.ReplaceAll(source, "$", "%24"), "*")
	p := pattern{prefix: pieces[0], end: end}
	for _, piece := range pieces[1:] {
		if piece != "" {
			p.parts = append(p.parts, piece)
		}
	}
	return p
}

// form is how far paths are rewritten before they are compared octet by octet.
//
// RFC 9309, section 2.2.2, wants escapes of unreserved octets undone, so that
// %62%61%7A and baz are one path; Google compares them as two, and says so in its
// test vectors. Where the two readings differ we take the one that forbids: a
// Disallow is compared with escapes undone, an Allow as it is written.
type form int

const (
	written form = iota // escapes of unreserved octets stay
	decoded             // escapes of unreserved octets are undone, and raw octets above ASCII are escaped
)

// rewriteURL brings the path and query of a URL into a form. In both, hexadecimal
// digits of escapes are upper case and what no URI may hold is escaped; * and $
// are escaped too, so that a pattern can name them as %2A and %24.
func rewriteURL(path string, f form) string {
	out := make([]byte, 0, len(path)+16)
	for i := 0; i < len(path); i++ {
		b := path[i]
		switch {
		case b == '%' && isEscape(path[i:]):
			out = appendEscape(out, path[i:], f)
			i += 2
		case class[b] == odd && (b < 0x80 || f == decoded), b == '*', b == '$':
			out = escape(out, b)
		default:
			out = append(out, b)
		}
	}
	return string(out)
}

// rewritePattern brings the path of a rule into a form; * and $ stay what they
// are, and octets above ASCII are escaped in both forms.
func rewritePattern(path string, f form) string {
	out := make([]byte, 0, len(path)+16)
	for i := 0; i < len(path); i++ {
		b := path[i]
		switch {
		case b == '%' && isEscape(path[i:]):
			out = appendEscape(out, path[i:], f)
			i += 2
		case class[b] == odd:
			out = escape(out, b)
		default:
			out = append(out, b)
		}
	}
	return string(out)
}

// settled reports whether a path is the same in every form: true for nearly every
// canonical URL.
func settled(path string) bool {
	for i := 0; i < len(path); i++ {
		switch b := path[i]; class[b] {
		case odd, special:
			return false
		case percent:
			if isEscape(path[i:]) && (isLowerHex(path[i+1]) || isLowerHex(path[i+2]) ||
				class[unescape(path[i:])] == unreserved) {
				return false
			}
		}
	}
	return true
}

// Classes of octets in a path and query.
const (
	other      = iota // reserved (RFC 3986, section 2.2)
	unreserved        // letters, digits, - . _ ~ (section 2.3)
	percent           // begins an escape
	special           // * and $
	odd               // may not stand in a URI as it is
)

var class = classes()

func classes() (c [256]uint8) {
	for b := range c {
		switch b := byte(b); {
		case 'a' <= b|0x20 && b|0x20 <= 'z', '0' <= b && b <= '9', strings.IndexByte("-._~", b) >= 0:
			c[b] = unreserved
		case b == '%':
			c[b] = percent
		case b == '*', b == '$':
			c[b] = special
		case b <= ' ', b >= 0x7F, strings.IndexByte("\"<>\\^`{|}", b) >= 0:
			c[b] = odd
		}
	}
	return c
}

func isEscape(s string) bool { return len(s) > 2 && isHex(s[1]) && isHex(s[2]) }

func isHex(b byte) bool { return '0' <= b && b <= '9' || 'a' <= b|0x20 && b|0x20 <= 'f' }

func isLowerHex(b byte) bool { return 'a' <= b && b <= 'f' }

// unescape gives the octet that the escape at the start of s stands for.
func unescape(s string) byte { return hexValue(s[1])<<4 | hexValue(s[2]) }

func hexValue(b byte) byte {
	if b <= '9' {
		return b - '0'
	}
	return b | 0x20 - 'a' + 10
}

func appendEscape(out []byte, s string, f form) []byte {
	b := unescape(s)
	if f == decoded && class[b] == unreserved {
		return append(out, b)
	}
	return escape(out, b)
}

func escape(out []byte, b byte) []byte {
	const digits = "0123456789ABCDEF"
	return append(out, '%', digits[b>>4], digits[b&15])
}
