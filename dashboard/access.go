package dashboard

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"sonde/accounts"
)

// Who asks. Where nobody logs in everybody is the admin at this machine.
type visitor struct {
	Name string
	Role accounts.Role
}

var local = visitor{Name: "local", Role: accounts.Admin}

const visitorKey = "visitor"

// who is the visitor of a request, the zero visitor where nobody is known.
func who(c echo.Context) visitor {
	v, _ := c.Get(visitorKey).(visitor)
	return v
}

// identified finds out who asks: by a token, by a session, or by where nobody has to
// say.
func (s *Server) identified(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		v, err := s.visitor(c)
		if err != nil {
			return err
		}
		c.Set(visitorKey, v)
		return next(c)
	}
}

func (s *Server) visitor(c echo.Context) (visitor, error) {
	ctx := c.Request().Context()
	if secret, ok := strings.CutPrefix(c.Request().Header.Get("Authorization"), "Bearer "); ok {
		token, known, err := s.Accounts.Bearer(ctx, secret)
		if err == nil && !known {
			err = echo.NewHTTPError(http.StatusUnauthorized, "This token is not known, or its time is over.")
		}
		return visitor{"token " + token.Name, token.Role}, err
	}
	if !s.Login {
		return local, nil
	}
	cookie, err := c.Cookie(s.cookieName())
	if err != nil {
		return visitor{}, nil
	}
	user, known, err := s.Accounts.Session(ctx, cookie.Value)
	if err != nil || !known {
		return visitor{}, err
	}
	return visitor{user.Name, user.Role}, nil
}

// entitled lets those use a route who may, and sends the others to the login.
func (s *Server) entitled(r route) echo.HandlerFunc {
	return func(c echo.Context) error {
		v := who(c)
		switch {
		case r.role == anyone || v.Role.May(r.role) && v.Role != "":
			return s.noted(r, c)
		case v.Role != "":
			return echo.NewHTTPError(http.StatusForbidden, "You are logged in as a viewer, and this is for admins.")
		case wantsJSON(c.Request()) || c.Request().Method != http.MethodGet || strings.HasPrefix(c.Path(), "/events"):
			c.Response().Header().Set("WWW-Authenticate", "Bearer")
			return echo.NewHTTPError(http.StatusUnauthorized, "Log in first, or send a token: Authorization: Bearer sonde_…")
		}
		return c.Redirect(http.StatusSeeOther, "/login?then="+url.QueryEscape(c.Request().URL.RequestURI()))
	}
}

// noted carries out a request, and notes who had it done where it changed something.
func (s *Server) noted(r route, c echo.Context) error {
	if err := r.heed(c); err != nil {
		return err
	}
	err := r.handle(c)
	if err != nil || r.what == "" || c.Response().Status >= http.StatusBadRequest {
		return err
	}
	subject := strings.Trim(strings.Join(c.ParamValues(), " "), " ")
	if named, ok := c.Get(subjectKey).(string); ok {
		subject = named
	}
	return s.Accounts.Add(c.Request().Context(), who(c).Name, r.what, subject)
}

// subjectKey is where a handler says what it changed, where its path does not.
const subjectKey = "subject"

func (s *Server) cookieName() string {
	if s.HTTPS {
		return "__Host-sonde"
	}
	return "sonde"
}

func (s *Server) setCookie(c echo.Context, value string, maxAge int) {
	c.SetCookie(&http.Cookie{
		Name: s.cookieName(), Value: value, Path: "/", MaxAge: maxAge,
		HttpOnly: true, Secure: s.HTTPS, SameSite: http.SameSiteLaxMode,
	})
}

// attempts counts how often a peer, and everybody together, tried to log in of late.
type attempts struct {
	mu     sync.Mutex
	peers  map[string][]time.Time
	global []time.Time
}

// How many attempts to log in are allowed in a minute.
const (
	attemptsOfPeer = 5
	attemptsOfAll  = 30
)

// allow notes an attempt, and tells whether it may be made.
func (a *attempts) allow(peer string, now time.Time) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.peers == nil {
		a.peers = map[string][]time.Time{}
	}
	for p, times := range a.peers {
		if a.peers[p] = ofLate(times, now); len(a.peers[p]) == 0 {
			delete(a.peers, p)
		}
	}
	a.global = ofLate(a.global, now)
	if len(a.peers[peer]) >= attemptsOfPeer || len(a.global) >= attemptsOfAll {
		return false
	}
	a.peers[peer] = append(a.peers[peer], now)
	a.global = append(a.global, now)
	return true
}

// ofLate are the times of the last minute.
func ofLate(times []time.Time, now time.Time) []time.Time {
	for len(times) > 0 && now.Sub(times[0]) >= time.Minute {
		times = times[1:]
	}
	return times
}
