package dashboard

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"sonde/accounts"
)

// loginPage asks for a name and a password: to log in, or to make the first user.
type loginPage struct {
	frame
	Setup string // the secret of the setup link; "": a login
	Then  string // where to go afterwards
	User  string // as it was typed
	Fault string
}

const sessionSeconds = 14 * 24 * 3600

func (s *Server) showLogin(c echo.Context) error {
	if who(c).Role != "" {
		return c.Redirect(http.StatusSeeOther, within(c.QueryParam("then")))
	}
	return s.render(c, http.StatusOK, "login", &loginPage{Then: within(c.QueryParam("then"))})
}

// within is a path of this server, "/" for what is none.
func within(target string) string {
	u, err := url.Parse(target)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(target, "/") || strings.HasPrefix(target, "//") || strings.Contains(target, "\\") {
		return "/"
	}
	return target
}

func (s *Server) logIn(c echo.Context) error {
	page := &loginPage{Then: within(c.FormValue("then")), User: c.FormValue("name")}
	if !s.attempts.allow(c.RealIP(), time.Now()) {
		page.Fault = "Too many attempts. Wait a minute and try again."
		return s.render(c, http.StatusTooManyRequests, "login", page)
	}
	session, err := s.Accounts.LogIn(c.Request().Context(), page.User, c.FormValue("password"))
	if errors.Is(err, accounts.ErrLogin) {
		page.Fault = "The name or the password is wrong."
		return s.render(c, http.StatusUnauthorized, "login", page)
	}
	if err != nil {
		return err
	}
	s.setCookie(c, session, sessionSeconds)
	return c.Redirect(http.StatusSeeOther, page.Then)
}

func (s *Server) logOut(c echo.Context) error {
	if cookie, err := c.Cookie(s.cookieName()); err == nil {
		if err := s.Accounts.LogOut(c.Request().Context(), cookie.Value); err != nil {
			return err
		}
	}
	s.setCookie(c, "", -1)
	return c.Redirect(http.StatusSeeOther, "/login")
}

func (s *Server) showSetup(c echo.Context) error {
	link := c.QueryParam("key")
	ok, err := s.Accounts.IsSetup(c.Request().Context(), link)
	if err != nil {
		return err
	}
	if !ok {
		return echo.NewHTTPError(http.StatusForbidden, sentence(accounts.ErrSetup))
	}
	return s.render(c, http.StatusOK, "login", &loginPage{Setup: link, User: "admin"})
}

func (s *Server) setUp(c echo.Context) error {
	page := &loginPage{Setup: c.FormValue("key"), User: c.FormValue("name"), Then: "/"}
	if !s.attempts.allow(c.RealIP(), time.Now()) {
		page.Fault = "Too many attempts. Wait a minute and try again."
		return s.render(c, http.StatusTooManyRequests, "login", page)
	}
	err := s.Accounts.Setup(c.Request().Context(), page.Setup, page.User, c.FormValue("password"))
	if errors.Is(err, accounts.ErrSetup) {
		return echo.NewHTTPError(http.StatusForbidden, sentence(err))
	}
	if err != nil {
		page.Fault = sentence(err)
		return s.render(c, http.StatusBadRequest, "login", page)
	}
	return s.logIn(c)
}
