package dashboard

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"

	"github.com/labstack/echo/v4"
)

//go:embed assets
var assetFiles embed.FS

// asset is a file that pages point to.
type asset struct {
	url  string // with a hash of its content, so that it can be kept for ever
	kind string // media type
	data []byte
}

// assets are all files, by name.
var assets = loadAssets()

func loadAssets() map[string]asset {
	found := map[string]asset{}
	entries, err := fs.ReadDir(assetFiles, "assets")
	if err != nil {
		panic("dashboard: reading the embedded assets: " + err.Error())
	}
	for _, e := range entries {
		data, err := assetFiles.ReadFile("assets/" + e.Name())
		if err != nil {
			panic("dashboard: reading the embedded assets: " + err.Error())
		}
		sum := sha256.Sum256(data)
		stem, ext := strings.TrimSuffix(e.Name(), path.Ext(e.Name())), path.Ext(e.Name())
		found[e.Name()] = asset{
			url:  "/assets/" + stem + "." + hex.EncodeToString(sum[:6]) + ext,
			kind: mime.TypeByExtension(ext),
			data: data,
		}
	}
	return found
}

// assetURL is where a page finds an asset.
func assetURL(name string) string { return assets[name].url }

// asset serves a file under its hashed name.
func (s *Server) asset(c echo.Context) error {
	for _, a := range assets {
		if a.url != c.Request().URL.Path {
			continue
		}
		c.Response().Header().Set("Cache-Control", "public, max-age=31536000, immutable")
		return c.Blob(http.StatusOK, a.kind, a.data)
	}
	return echo.ErrNotFound
}
