package pipeline

import (
	"context"

	"sonde"
	"sonde/crawler/markup"
	"sonde/crawler/weburl"
	"sonde/store"
)

// Text reads the visible text of a page as a run found it, paragraph by paragraph, from
// its stored body. The error is
// [store.ErrNoBody] where none is stored.
func Text(ctx context.Context, file *store.File, run int64, url string) ([]string, error) {
	c, err := file.Content(ctx, run, url)
	if err != nil {
		return nil, err
	}
	text, _, _ := markup.Decode(c.Body, contentType(c.Header))
	r := markup.NewReader(weburl.NewCanonicalizer(nil))
	return r.Paragraphs(markup.Input{Body: text, URL: url, Header: c.Header}), nil
}

func contentType(header []sonde.HeaderField) string {
	for _, field := range header {
		if field.Name == "Content-Type" {
			return field.Value
		}
	}
	return ""
}
