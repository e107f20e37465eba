package fetch

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"
)

// maxCodings is how many content codings may lie on top of each other. Honest
// servers apply one.
const maxCodings = 2

// maxWindow is the zstd window that decoders must support (RFC 9659), in bytes.
const maxWindow = 8 << 20

// codings reads Content-Encoding: the codings in the order in which they were
// applied (RFC 9110, section 8.4), without those that mean nothing.
func codings(headers []string) ([]string, error) {
	var found []string
	for token := range strings.SplitSeq(strings.Join(headers, ","), ",") {
		name, err := coding(strings.ToLower(strings.TrimSpace(token)))
		if err != nil {
			return nil, err
		}
		if name != "" {
			found = append(found, name)
		}
	}
	if len(found) > maxCodings {
		return nil, fmt.Errorf("%d content codings on top of each other, and only %d are undone", len(found), maxCodings)
	}
	return found, nil
}

// coding is the name under which a content coding is undone, "" where there is
// nothing to undo. Some servers put a charset or a transfer encoding there, which
// browsers pass over.
func coding(token string) (string, error) {
	switch token {
	case "gzip", "x-gzip":
		return "gzip", nil
	case "deflate", "br", "zstd":
		return token, nil
	case "", "identity", "none", "utf-8", "utf8", "iso-8859-1", "8bit", "7bit", "binary":
		return "", nil
	}
	return "", fmt.Errorf("the content coding %.40q is not known", token)
}

// A layer undoes one content coding. It can be used again.
type layer interface {
	io.Reader
	reset(io.Reader) error
}

// decoders lends layers. Its zero value is ready, and safe for concurrent use.
type decoders struct{ gzip, deflate, br, zstd sync.Pool }

// A decoding is a body with its codings undone.
type decoding struct {
	io.Reader
	from   *decoders
	layers []layer
	names  []string
}

// open undoes names, the last first, over what src brings. close gives the layers
// back.
func (d *decoders) open(names []string, src io.Reader) (*decoding, error) {
	opened := &decoding{Reader: src, from: d}
	for _, name := range slices.Backward(names) {
		l := d.lend(name)
		opened.layers = append(opened.layers, l)
		opened.names = append(opened.names, name)
		if err := l.reset(opened.Reader); err != nil {
			opened.close()
			return nil, err
		}
		opened.Reader = l
	}
	return opened, nil
}

func (d *decoding) close() {
	for i, l := range d.layers {
		if l.reset(nothing) == nil {
			d.from.pool(d.names[i]).Put(l)
		}
	}
}

// nothing is what a layer reads from while nobody uses it.
var nothing = strings.NewReader("")

func (d *decoders) lend(name string) layer {
	if l, ok := d.pool(name).Get().(layer); ok {
		return l
	}
	switch name {
	case "gzip":
		return &gzipLayer{in: bufio.NewReader(nothing)}
	case "deflate":
		return &deflateLayer{in: bufio.NewReader(nothing)}
	case "br":
		return new(brotliLayer)
	}
	return new(zstdLayer)
}

func (d *decoders) pool(name string) *sync.Pool {
	switch name {
	case "gzip":
		return &d.gzip
	case "deflate":
		return &d.deflate
	case "br":
		return &d.br
	}
	return &d.zstd
}

// A gzipLayer undoes gzip (RFC 1952): all members, and what follows the last is
// passed over.
type gzipLayer struct {
	in      *bufio.Reader
	member  gzip.Reader
	inside  bool // of a member
	members int  // read to their end
}

func (l *gzipLayer) reset(src io.Reader) error {
	l.in.Reset(src)
	l.inside, l.members = false, 0
	return nil
}

func (l *gzipLayer) Read(p []byte) (int, error) {
	for {
		if !l.inside {
			if err := l.begin(); err != nil {
				return 0, err
			}
		}
		n, err := l.member.Read(p)
		if !errors.Is(err, io.EOF) {
			return n, err
		}
		l.inside = false
		l.members++
		if n > 0 {
			return n, nil
		}
	}
}

// begin opens the next member; io.EOF means that there is none.
func (l *gzipLayer) begin() error {
	if l.members > 0 {
		switch magic, err := l.in.Peek(2); {
		case err != nil && !errors.Is(err, io.EOF):
			return err
		case len(magic) < 2 || magic[0] != 0x1f || magic[1] != 0x8b:
			return io.EOF
		}
	}
	if err := l.member.Reset(l.in); err != nil {
		return err
	}
	l.member.Multistream(false)
	l.inside = true
	return nil
}

// A deflateLayer undoes deflate: with the zlib wrapping that the standard means
// (RFC 1950), and without it as some servers send it (RFC 1951).
type deflateLayer struct {
	in      *bufio.Reader
	wrapped io.ReadCloser // nil before the first use
	bare    io.ReadCloser // nil before the first use
	using   io.Reader     // nil at the beginning of a body
}

func (l *deflateLayer) reset(src io.Reader) error {
	l.in.Reset(src)
	l.using = nil
	return nil
}

func (l *deflateLayer) Read(p []byte) (int, error) {
	if l.using == nil {
		if err := l.begin(); err != nil {
			return 0, err
		}
	}
	return l.using.Read(p)
}

// begin looks at the first two bytes: a zlib header says deflate and is a
// multiple of 31.
func (l *deflateLayer) begin() error {
	head, err := l.in.Peek(2)
	if len(head) < 2 {
		if errors.Is(err, io.EOF) {
			return io.ErrUnexpectedEOF
		}
		return err
	}
	if head[0]&0x0f == 8 && (int(head[0])<<8|int(head[1]))%31 == 0 {
		return l.beginWrapped()
	}
	return l.beginBare()
}

func (l *deflateLayer) beginWrapped() error {
	if l.wrapped == nil {
		wrapped, err := zlib.NewReader(l.in)
		if err != nil {
			return err
		}
		l.wrapped, l.using = wrapped, wrapped
		return nil
	}
	l.using = l.wrapped
	return l.wrapped.(zlib.Resetter).Reset(l.in, nil)
}

func (l *deflateLayer) beginBare() error {
	if l.bare == nil {
		l.bare = flate.NewReader(l.in)
		l.using = l.bare
		return nil
	}
	l.using = l.bare
	return l.bare.(flate.Resetter).Reset(l.in, nil)
}

// A brotliLayer undoes br (RFC 7932).
type brotliLayer struct{ brotli.Reader }

func (l *brotliLayer) reset(src io.Reader) error { return l.Reset(src) }

// A zstdLayer undoes zstd (RFC 8878), in the goroutine that reads.
type zstdLayer struct{ decoder *zstd.Decoder }

func (l *zstdLayer) reset(src io.Reader) error {
	if l.decoder != nil {
		return l.decoder.Reset(src)
	}
	var err error
	l.decoder, err = zstd.NewReader(src, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxWindow(maxWindow), zstd.WithDecodeBuffersBelow(0))
	return err
}

func (l *zstdLayer) Read(p []byte) (int, error) { return l.decoder.Read(p) }
