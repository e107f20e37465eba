package dashboard

import (
	"context"
	"io"
	"testing"

	"sonde/accounts"
	"sonde/store"
	"sonde/tabular"
)

// Route is a route as tests walk them.
type Route struct {
	Method, Path string
	Admin        bool
	Note         string // in the audit log; "": none
	Takes        string
}

// Itself is what routes take whose handlers look at all parameters.
const Itself = itself

// Routes returns all routes of a dashboard of the file.
func Routes(t *testing.T, file *store.File) []Route {
	t.Helper()
	s, err := New(t.Context(), Config{File: file})
	if err != nil {
		t.Fatal(err)
	}
	var routes []Route
	for _, r := range s.routes() {
		routes = append(routes, Route{r.method, r.path, r.role == accounts.Admin, r.what, r.takes})
	}
	return routes
}

// WriteCSV writes a selection as `sonde export` does.
func WriteCSV(ctx context.Context, file *store.File, s store.Selection, to io.Writer) error {
	w := tabular.NewCSV(to, false, tabular.Options{})
	if err := file.Export(ctx, s, w); err != nil {
		return err
	}
	return w.Close()
}
