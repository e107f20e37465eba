package main

import (
	"encoding/json"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"sonde/migrations"
)

// version is the release that this program is, or comes before.
const version = "0.1.0"

// userAgent is how a crawl introduces itself where nobody says otherwise.
const userAgent = "Sonde/0.1 (site crawler; robots.txt token: Sonde)"

// build says which program this is.
type build struct {
	Version  string `json:"version"`
	Revision string `json:"revision"` // of the source, with + where it was changed; "" when unknown
	Go       string `json:"go"`
	Platform string `json:"platform"`
	Schema   int    `json:"schema"` // of the files that it writes
}

func thisBuild() build {
	b := build{version, "", runtime.Version(), runtime.GOOS + "/" + runtime.GOARCH, migrations.Latest()}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	changed := ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			b.Revision = s.Value[:min(12, len(s.Value))]
		case s.Key == "vcs.modified" && s.Value == "true":
			changed = "+"
		}
	}
	if b.Revision != "" {
		b.Revision += changed
	}
	return b
}

// String is the version on one line.
func (b build) String() string {
	revision := ""
	if b.Revision != "" {
		revision = ", revision " + b.Revision
	}
	return fmt.Sprintf("sonde %s (%s, %s%s, schema %d)", b.Version, b.Go, b.Platform, revision, b.Schema)
}

func newVersionCommand(a *app) *cobra.Command {
	var asJSON bool
	command := &cobra.Command{
		Use:     "version",
		Short:   "Say which sonde this is",
		Example: "  sonde version\n  sonde version --json",
		Args:    arguments(0, 0, "nothing"),
		RunE: func(*cobra.Command, []string) error {
			if asJSON {
				return json.NewEncoder(a.stdout).Encode(thisBuild())
			}
			_, err := fmt.Fprintln(a.stdout, thisBuild())
			return err
		},
	}
	command.Flags().BoolVar(&asJSON, "json", false, "as a JSON document")
	return command
}
