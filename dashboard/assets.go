package dashboard

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"slices"
	"strconv"
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
	isSheet := func(e fs.DirEntry) bool { return path.Ext(e.Name()) == ".css" }
	slices.SortStableFunc(entries, func(a, b fs.DirEntry) int { // the pictures that sheets name come before them
		return cmp.Compare(strconv.FormatBool(isSheet(a)), strconv.FormatBool(isSheet(b)))
	})
	for _, e := range entries {
		data, err := assetFiles.ReadFile("assets/" + e.Name())
		if err != nil {
			panic("dashboard: reading the embedded assets: " + err.Error())
		}
		if isSheet(e) {
			data = named(data, found)
		}
		found[e.Name()] = assetOf(e.Name(), data)
	}
	return found
}

func assetOf(name string, data []byte) asset {
	sum, ext := sha256.Sum256(data), path.Ext(name)
	return asset{
		url:  "/assets/" + strings.TrimSuffix(name, ext) + "." + hex.EncodeToString(sum[:6]) + ext,
		kind: mime.TypeByExtension(ext),
		data: data,
	}
}

// named writes the addresses of pictures into a style sheet that names them.
func named(sheet []byte, pictures map[string]asset) []byte {
	for name, picture := range pictures {
		sheet = bytes.ReplaceAll(sheet, []byte("url("+name+")"), []byte("url("+picture.url+")"))
	}
	return sheet
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
