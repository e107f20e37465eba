package dashboard

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"
)

// maxForm is how many bytes a request may send.
const maxForm = 1 << 20

// policyHeader allows a page what lies on this server, and nothing that stands in the
// page itself.
const policyHeader = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

// secure sets what every answer says about its handling.
func (s *Server) secure(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		h := c.Response().Header()
		h.Set("Content-Security-Policy", policyHeader)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
		h.Set("Cache-Control", "no-store")
		if s.HTTPS {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		c.Request().Body = http.MaxBytesReader(c.Response(), c.Request().Body, maxForm)
		return next(c)
	}
}

// known refuses requests that name a host which is not ours: a page elsewhere may
// have its name resolve to this machine (DNS rebinding). Behind a proxy it also
// refuses peers that are not the proxy.
func (s *Server) known(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if !s.fromProxy(c.Request()) {
			return echo.NewHTTPError(http.StatusForbidden, "This dashboard is reached through its proxy only.")
		}
		if !slices.Contains(s.hosts, hostOf(c.Request().Host)) {
			return echo.NewHTTPError(http.StatusMisdirectedRequest,
				"This dashboard does not answer to the name "+hostOf(c.Request().Host)+". Start `sonde serve` with --allowed-host to have it do so.")
		}
		return next(c)
	}
}

// hostOf is the name in a Host header, in lower case, without port and brackets.
func hostOf(header string) string {
	host, _, err := net.SplitHostPort(header)
	if err != nil {
		host = header
	}
	return strings.ToLower(strings.TrimSuffix(strings.Trim(host, "[]"), "."))
}

func (s *Server) fromProxy(r *http.Request) bool {
	if len(s.Proxies) == 0 {
		return true
	}
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && slices.ContainsFunc(s.Proxies, func(p netip.Prefix) bool { return p.Contains(peer.Addr().Unmap()) })
}

// sameOrigin refuses requests that change something and come from another site's page
// (RFC 6454, Fetch Metadata).
func (s *Server) sameOrigin(next echo.HandlerFunc) echo.HandlerFunc {
	protection := http.NewCrossOriginProtection()
	return func(c echo.Context) error {
		if err := protection.Check(c.Request()); err != nil {
			return echo.NewHTTPError(http.StatusForbidden, "This request came from a page of another site, so it was not carried out.")
		}
		return next(c)
	}
}
