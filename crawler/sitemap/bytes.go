package sitemap

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"mime"
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/unicode"
)

// Limits on decompression: a small answer must not become a large one in memory.
const (
	maxRatio  = 100     // decompressed bytes for each compressed one,
	ratioFree = 1 << 20 // once there are so many
	maxLayers = 2       // gzip within gzip
)

var gzipMagic = []byte{0x1F, 0x8B}

// errBomb stops a decompression that gives too much.
var errBomb = fmt.Errorf("the sitemap decompresses to more than %d times its size; the rest was not read", maxRatio)

// unpack undoes gzip, at most twice: a .gz file is often compressed again by a
// misconfigured host.
func (s *Sitemap) unpack(body []byte) []byte {
	for range maxLayers {
		if !bytes.HasPrefix(body, gzipMagic) {
			return body
		}
		unpacked, err := gunzip(body)
		switch {
		case errors.Is(err, errBomb):
			s.cut(err)
		case err != nil:
			s.complain(fmt.Errorf("the sitemap cannot be decompressed to its end: %w", err))
		}
		body = unpacked
	}
	if bytes.HasPrefix(body, gzipMagic) {
		s.complain(fmt.Errorf("the sitemap is compressed more than %d times over", maxLayers))
		return nil
	}
	return body
}

// gunzip undoes gzip (RFC 1952), all members of it, and stops one byte behind
// maxBytes. Bytes behind the last member are nothing to it. With an error it gives
// what came before.
func gunzip(packed []byte) ([]byte, error) {
	in := bytes.NewReader(packed)
	r, err := gzip.NewReader(in)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	for {
		r.Multistream(false)
		if err := inflate(&out, r, in); err != nil || out.Len() > maxBytes {
			return out.Bytes(), err
		}
		if err := r.Reset(in); err != nil {
			return out.Bytes(), nil // the end, or garbage
		}
	}
}

// inflate decompresses one member of in into out, in steps small enough to notice
// a bomb.
func inflate(out *bytes.Buffer, r io.Reader, in *bytes.Reader) error {
	for out.Len() <= maxBytes {
		step := int64(min(64<<10, maxBytes+1-out.Len()))
		_, err := io.CopyN(out, r, step)
		read := in.Size() - int64(in.Len())
		switch {
		case out.Len() > ratioFree && int64(out.Len()) > maxRatio*read:
			return errBomb
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		}
	}
	return nil
}

// decode gives body in UTF-8: by its byte order mark, then by what it looks like,
// then by what header or XML declaration say.
func decode(body []byte, contentType string) []byte {
	switch {
	case bytes.HasPrefix(body, []byte("\xEF\xBB\xBF")):
		body = body[3:]
	case bytes.HasPrefix(body, []byte("\xFF\xFE")), bytes.HasPrefix(body, []byte("<\x00")):
		return convert(body, unicode.UTF16(unicode.LittleEndian, unicode.UseBOM))
	case bytes.HasPrefix(body, []byte("\xFE\xFF")), bytes.HasPrefix(body, []byte("\x00<")):
		return convert(body, unicode.UTF16(unicode.BigEndian, unicode.UseBOM))
	}
	if utf8.Valid(body) {
		return body
	}
	return convert(body, declared(body, contentType))
}

// convert makes UTF-8 of body; what has no meaning in the encoding is replaced.
func convert(body []byte, from encoding.Encoding) []byte {
	text, err := from.NewDecoder().Bytes(body)
	if err != nil {
		text = body
	}
	return bytes.ToValidUTF8(text, []byte("\uFFFD"))
}

var declaration = regexp.MustCompile(`^\s*<\?xml[^>]*\sencoding\s*=\s*["']([A-Za-z0-9._:-]+)["']`)

// declared gives the encoding that header or XML declaration name. UTF-8 that is
// none is read as UTF-8 with errors, and what nobody named as Windows-1252.
func declared(body []byte, contentType string) encoding.Encoding {
	var names []string
	if _, params, err := mime.ParseMediaType(contentType); err == nil {
		names = append(names, params["charset"])
	}
	if m := declaration.FindSubmatch(body[:min(len(body), 256)]); m != nil {
		names = append(names, string(m[1]))
	}
	for _, name := range names {
		wide := strings.HasPrefix(strings.ToLower(name), "utf-16") // it would not have come so far
		if e, err := htmlindex.Get(name); err == nil && !wide {
			return e
		}
	}
	return charmap.Windows1252
}
