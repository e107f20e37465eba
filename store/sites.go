package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"zombiezen.com/go/sqlite"

	"sonde"
)

// ErrNoSite is the error of naming a site that the file does not have.
var ErrNoSite = errors.New("no such site")

// SaveSite writes a site under its name, new or over the one that has it, and
// returns it with its number.
func (f *File) SaveSite(site sonde.Site) (sonde.Site, error) {
	seeds, err := json.Marshal(site.Seeds)
	if err != nil {
		return site, err
	}
	policy, err := json.Marshal(site.Policy)
	if err != nil {
		return site, err
	}
	err = f.change(func(conn *sqlite.Conn) error {
		if err := exec(conn, `INSERT INTO _sites (name, seeds, policy, created_at) VALUES (?, ?, ?, ?)
			ON CONFLICT (name) DO UPDATE SET seeds = excluded.seeds, policy = excluded.policy`,
			site.Name, string(seeds), string(policy), stamp(f.clock())); err != nil {
			return err
		}
		site.ID, err = number(conn, "SELECT id FROM _sites WHERE name = ?", site.Name)
		return err
	})
	if err != nil {
		return site, fmt.Errorf("saving the site %s: %w", site.Name, err)
	}
	return site, nil
}

// Site returns the site of a name. The error is [ErrNoSite] when there is none.
func (f *File) Site(ctx context.Context, name string) (sonde.Site, error) {
	sites, err := f.sites(ctx, "WHERE name = ?", name)
	if err != nil {
		return sonde.Site{}, err
	}
	if len(sites) == 0 {
		return sonde.Site{}, fmt.Errorf("%w: %s", ErrNoSite, name)
	}
	return sites[0], nil
}

// Sites returns every site, by name.
func (f *File) Sites(ctx context.Context) ([]sonde.Site, error) {
	return f.sites(ctx, "ORDER BY name")
}

func (f *File) sites(ctx context.Context, which string, args ...any) ([]sonde.Site, error) {
	var sites []sonde.Site
	err := f.Read(ctx, func(conn *sqlite.Conn) error {
		return rows(conn, "SELECT id, name, seeds, policy FROM _sites "+which, func(stmt *sqlite.Stmt) error {
			site, err := readSite(stmt, 0)
			sites = append(sites, site)
			return err
		}, args...)
	})
	if err != nil {
		return nil, fmt.Errorf("reading the sites: %w", err)
	}
	return sites, nil
}

// readSite reads id, name, seeds and policy from a column on.
func readSite(stmt *sqlite.Stmt, column int) (sonde.Site, error) {
	site := sonde.Site{ID: stmt.ColumnInt64(column), Name: stmt.ColumnText(column + 1)}
	return site, errors.Join(
		json.Unmarshal([]byte(stmt.ColumnText(column+2)), &site.Seeds),
		json.Unmarshal([]byte(stmt.ColumnText(column+3)), &site.Policy),
	)
}
