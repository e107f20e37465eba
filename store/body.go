package store

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/zlib"

	"sonde"
)

// ErrNoBody is the error of asking for a body that was not kept.
var ErrNoBody = errors.New("no body is stored")

// Content is what an answer brought, as it is stored.
type Content struct {
	URL       string
	Type      string              // the media type, lower case, without parameters
	Header    []sonde.HeaderField // without what differs from answer to answer
	Body      []byte              // decoded of its Content-Encoding, in its own charset
	Truncated bool                // the body is cut
}

// Content returns what a URL brought in a run. The error is [ErrNoBody] where the run has
// no answer from the URL, or did not keep its body.
func (f *File) Content(ctx context.Context, run int64, url string) (Content, error) {
	c := Content{URL: url}
	found := false
	err := f.Rows(ctx, `
		SELECT x.content_type, coalesce(h.text, '[]'), x.truncated, b.data, b.body_bytes
		FROM _urls u JOIN _visits v ON v.run_id = :run AND v.url_id = u.id JOIN _facts x ON x.id = v.facts_id
		JOIN _bodies b ON b.sha256 = x.body_sha256 LEFT JOIN _texts h ON h.id = x.headers_id
		WHERE u.url = :url`, Named{":run": run, ":url": url}, func(r Row) (err error) {
		found = true
		c.Type, c.Truncated = r.Text(0), r.Integer(2) == 1
		if c.Header, err = headerOf(r.Text(1)); err != nil {
			return err
		}
		c.Body, err = inflate(r.Blob(3), r.Integer(4))
		return err
	})
	if err == nil && !found {
		err = ErrNoBody
	}
	if err != nil {
		return c, fmt.Errorf("the content of %s in run %d: %w", url, run, err)
	}
	return c, nil
}

func headerOf(text string) ([]sonde.HeaderField, error) {
	var lines [][2]string
	if err := json.Unmarshal([]byte(text), &lines); err != nil {
		return nil, err
	}
	var header []sonde.HeaderField
	for _, line := range lines {
		header = append(header, sonde.HeaderField{Name: line[0], Value: line[1]})
	}
	return header, nil
}

// inflate is the reverse of deflate, for so many bytes at most.
func inflate(data []byte, size int64) ([]byte, error) {
	r, err := zlib.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(io.LimitReader(r, size))
}
