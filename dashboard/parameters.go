package dashboard

import (
	"cmp"
	"errors"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"
)

// itself, in place of the parameters that a route takes, says that its handler looks at
// all of them.
const itself = "*"

// usual are parameters that every route takes: what a command says it has done.
const usual = "done"

// heed refuses a request that says what its route does not know, or says something
// twice, so that nobody believes that it was heeded.
func (r route) heed(c echo.Context) error {
	if r.takes == itself {
		return nil
	}
	values := c.QueryParams()
	if r.method == http.MethodPost {
		var err error
		if values, err = formOf(c); err != nil {
			return err
		}
	}
	known := strings.Fields(r.takes)
	for _, name := range slices.Sorted(maps.Keys(values)) {
		switch {
		case name != usual && !slices.Contains(known, name):
			return badRequest("There is no parameter %q here. %s", visible(name), takenHere(known))
		case len(values[name]) > 1 && !ticked(values[name]):
			return badRequest("The parameter %s is given %d times, and one value is wanted.", name, len(values[name]))
		}
	}
	return nil
}

func takenHere(known []string) string {
	if len(known) == 0 {
		return "None is taken."
	}
	return "Those that are taken: " + strings.Join(known, ", ") + "."
}

// ticked reports whether values are those of a box of a form that is ticked: what it
// says where it is not goes before.
func ticked(values []string) bool { return slices.Equal(values, []string{"false", "true"}) }

// formOf reads the form that a request sends.
func formOf(c echo.Context) (url.Values, error) {
	sent := c.Request().Header.Get(echo.HeaderContentType)
	kind, _, err := mime.ParseMediaType(cmp.Or(sent, echo.MIMEApplicationForm))
	if err != nil || kind != echo.MIMEApplicationForm && kind != echo.MIMEMultipartForm {
		return nil, echo.NewHTTPError(http.StatusUnsupportedMediaType, "A form is wanted (application/x-www-form-urlencoded), and not "+visible(sent)+".")
	}
	values, err := c.FormParams()
	var tooBig *http.MaxBytesError
	if err != nil && !errors.As(err, &tooBig) {
		err = badRequest("The form could not be read: %v.", err)
	}
	return values, err
}

// faults are what is wrong in a form, by the name of the field.
type faults map[string]string

func (f faults) Error() string {
	var texts []string
	for _, name := range slices.Sorted(maps.Keys(f)) {
		texts = append(texts, name+": "+f[name])
	}
	return strings.Join(texts, " ")
}

// faultsOf are the faults that an error tells of, nil where it is of another kind.
func faultsOf(err error) faults {
	var (
		wrong   faults
		refusal *Refusal
	)
	switch {
	case errors.As(err, &wrong):
		return wrong
	case errors.As(err, &refusal) && refusal.Field != "":
		return faults{refusal.Field: sentence(refusal)}
	}
	return nil
}
