package dashboard

import (
	"context"
	"net/http"
	"runtime"
	"strconv"

	"github.com/labstack/echo/v4"

	"sonde/accounts"
	"sonde/store"
)

// settingsPage tells of accounts, storage and the program.
type settingsPage struct {
	frame
	Users  []accounts.User
	Tokens []accounts.Token
	Notes  []accounts.Note
	Token  string // one that was just made, shown once
	Form   settingsForm
	Info   store.Info
	Sizes  []tally
	Go     string
}

// settingsForm is a form of the page as it was typed, and why it was not carried out.
type settingsForm struct {
	Of         string // "user" or "token"; "": the fault is of none that is typed
	Name, Role string
	Fault      string
}

// soonRead is how large a file may be to be read as a whole without being asked.
const soonRead = 16 << 20

// addTables shows how much room the tables take, the tiny ones left aside.
func (s *Server) addTables(ctx context.Context, page *settingsPage) error {
	tables, err := s.File.Tables(ctx)
	for _, t := range tables {
		if t.Bytes*1000 > page.Info.Bytes {
			page.Sizes = append(page.Sizes, tally{Text: t.Name, Rows: t.Bytes, Part: percent(t.Bytes, page.Info.Bytes)})
		}
	}
	return err
}

// shownNotes is how much of the audit log is shown.
const shownNotes = 50

func (s *Server) settings(c echo.Context) error {
	return s.showSettings(c, http.StatusOK, "", settingsForm{})
}

func (s *Server) showSettings(c echo.Context, status int, token string, form settingsForm) error {
	ctx := c.Request().Context()
	page := &settingsPage{frame: frame{Title: "Settings", Here: "/settings"}, Token: token, Form: form, Go: runtime.Version()}
	var err error
	if page.Info, err = s.File.Info(ctx); err != nil {
		return err
	}
	if page.Info.Bytes <= soonRead || c.Path() == "/settings/tables" {
		if err := s.addTables(ctx, page); err != nil {
			return err
		}
	}
	if !who(c).Role.May(accounts.Admin) {
		return s.render(c, status, "settings", page)
	}
	if page.Users, err = s.Accounts.Users(ctx); err != nil {
		return err
	}
	if page.Tokens, err = s.Accounts.Tokens(ctx); err != nil {
		return err
	}
	if page.Notes, err = s.Accounts.Notes(ctx, shownNotes); err != nil {
		return err
	}
	return s.render(c, status, "settings", page)
}

// addUser lets somebody in.
func (s *Server) addUser(c echo.Context) error {
	role, err := accounts.ParseRole(c.FormValue("role"))
	if err == nil {
		err = s.Accounts.AddUser(c.Request().Context(), c.FormValue("name"), c.FormValue("password"), role)
	}
	if err != nil {
		return s.showSettings(c, http.StatusBadRequest, "", settingsForm{"user", c.FormValue("name"), c.FormValue("role"), sentence(err)})
	}
	c.Set(subjectKey, c.FormValue("name"))
	return finish(c, "/settings?done=saved#accounts")
}

// removeUser takes somebody's account away; nobody takes their own.
func (s *Server) removeUser(c echo.Context) error {
	name := c.FormValue("name")
	if name == who(c).Name {
		return s.showSettings(c, http.StatusBadRequest, "", settingsForm{Fault: "You cannot remove your own account."})
	}
	if err := s.Accounts.RemoveUser(c.Request().Context(), name); err != nil {
		return s.showSettings(c, http.StatusBadRequest, "", settingsForm{Fault: sentence(err)})
	}
	c.Set(subjectKey, name)
	return finish(c, "/settings?done=removed#accounts")
}

// addToken makes a token and shows it, this once.
func (s *Server) addToken(c echo.Context) error {
	role, err := accounts.ParseRole(c.FormValue("role"))
	token := ""
	if err == nil {
		token, err = s.Accounts.AddToken(c.Request().Context(), c.FormValue("name"), role, 0)
	}
	if err != nil {
		return s.showSettings(c, http.StatusBadRequest, "", settingsForm{"token", c.FormValue("name"), c.FormValue("role"), sentence(err)})
	}
	c.Set(subjectKey, c.FormValue("name"))
	return s.showSettings(c, http.StatusOK, token, settingsForm{})
}

func (s *Server) removeToken(c echo.Context) error {
	id, err := strconv.ParseInt(c.FormValue("id"), 10, 64)
	if err == nil {
		err = s.Accounts.RemoveToken(c.Request().Context(), id)
	}
	if err != nil {
		return s.showSettings(c, http.StatusBadRequest, "", settingsForm{Fault: "There is no such token; it may have been removed."})
	}
	c.Set(subjectKey, c.FormValue("id"))
	return finish(c, "/settings?done=removed#tokens")
}
