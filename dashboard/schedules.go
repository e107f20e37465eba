package dashboard

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"sonde"
	"sonde/store"
)

// schedulesPage shows when sites run again, and what became of the times before.
type schedulesPage struct {
	frame
	Schedules []scheduleCard
	Sites     []sonde.Site
	Form      scheduleForm
	Slots     []sonde.Slot
	Exports   []link // of the slots
}

// scheduleCard is one schedule.
type scheduleCard struct {
	sonde.Schedule
	Words string   // when it comes
	Next  []string // the next times, in its zone
}

// scheduleForm is a schedule as it was typed.
type scheduleForm struct {
	Site, Spec, Zone, Overlap, Missed string
	Faults                            faults
}

const (
	shownTimes = 5
	shownSlots = 30
)

func (s *Server) schedules(c echo.Context) error {
	return s.showSchedules(c, http.StatusOK, scheduleForm{Site: c.QueryParam("site"), Spec: "@daily", Zone: "UTC"})
}

func (s *Server) showSchedules(c echo.Context, status int, form scheduleForm) error {
	ctx := c.Request().Context()
	page := &schedulesPage{frame: frame{Title: "Schedules", Here: "/schedules"}, Form: form, Exports: exportsOf("/slots", nil)}
	schedules, err := s.File.Schedules(ctx)
	if err != nil {
		return err
	}
	for _, schedule := range schedules {
		page.Schedules = append(page.Schedules, s.scheduleCard(schedule))
	}
	if page.Sites, err = s.File.Sites(ctx); err != nil {
		return err
	}
	if page.Slots, err = s.lastSlots(ctx, schedules); err != nil {
		return err
	}
	return s.render(c, status, "schedules", page)
}

// schedulesOf are the schedules of a site.
func (s *Server) schedulesOf(ctx context.Context, site string) (cards []scheduleCard, err error) {
	schedules, err := s.File.Schedules(ctx)
	for _, schedule := range schedules {
		if schedule.Site == site {
			cards = append(cards, s.scheduleCard(schedule))
		}
	}
	return cards, err
}

func (s *Server) scheduleCard(schedule sonde.Schedule) scheduleCard {
	card := scheduleCard{Schedule: schedule, Words: schedule.Spec}
	if s.Control == nil {
		return card
	}
	times, words, err := s.Control.Upcoming(schedule, shownTimes)
	if err != nil {
		card.Words = sentence(err)
		return card
	}
	card.Words = words
	zone, err := time.LoadLocation(schedule.Zone)
	if err != nil {
		zone = time.UTC
	}
	for _, t := range times {
		card.Next = append(card.Next, t.In(zone).Format("Mon 2 Jan 2006 15:04 MST"))
	}
	return card
}

// lastSlots are the last times of every schedule.
func (s *Server) lastSlots(ctx context.Context, schedules []sonde.Schedule) ([]sonde.Slot, error) {
	var all []sonde.Slot
	for _, schedule := range schedules {
		slots, err := s.File.LastSlots(ctx, schedule.ID, max(1, shownSlots/len(schedules)))
		if err != nil {
			return nil, err
		}
		all = append(all, slots...)
	}
	slices.SortStableFunc(all, func(a, b sonde.Slot) int { return b.For.Compare(a.For) })
	return all, nil
}

func (s *Server) saveSchedule(c echo.Context) error {
	if s.Control == nil {
		return errNoControl
	}
	form := scheduleForm{Site: c.FormValue("site"), Spec: c.FormValue("spec"), Zone: strings.TrimSpace(c.FormValue("zone")), Overlap: c.FormValue("overlap"), Missed: c.FormValue("missed")}
	err := form.check()
	if err == nil {
		_, err = s.Control.SaveSchedule(c.Request().Context(), sonde.Schedule{
			Site: form.Site, Spec: form.Spec, Zone: form.Zone, Overlap: sonde.Overlap(form.Overlap), Missed: sonde.Missed(form.Missed), Grace: -1, Jitter: -1,
		})
	}
	if form.Faults = faultsOf(err); len(form.Faults) > 0 && !wantsJSON(c.Request()) {
		return s.showSchedules(c, http.StatusBadRequest, form)
	}
	if err != nil {
		return err
	}
	c.Set(subjectKey, form.Site+" "+form.Spec)
	return finish(c, "/schedules?done=saved")
}

// check holds that the form says words that there are, or nothing for the usual ones.
func (f scheduleForm) check() error {
	wrong := faults{}
	if !slices.Contains([]sonde.Overlap{"", sonde.OverlapSkip, sonde.OverlapQueue, sonde.OverlapReplace}, sonde.Overlap(f.Overlap)) {
		wrong["overlap"] = "skip, queue or replace is wanted."
	}
	if !slices.Contains([]sonde.Missed{"", sonde.MissedOnce, sonde.MissedSkip}, sonde.Missed(f.Missed)) {
		wrong["missed"] = "once or skip is wanted."
	}
	if len(wrong) > 0 {
		return wrong
	}
	return nil
}

func (s *Server) pauseSchedule(c echo.Context) error {
	return s.commandSchedule(c, "changed", func(id int64) error { return s.Control.PauseSchedule(c.Request().Context(), id, true) })
}

func (s *Server) wakeSchedule(c echo.Context) error {
	return s.commandSchedule(c, "changed", func(id int64) error { return s.Control.PauseSchedule(c.Request().Context(), id, false) })
}

func (s *Server) removeSchedule(c echo.Context) error {
	return s.commandSchedule(c, "removed", func(id int64) error { return s.Control.RemoveSchedule(c.Request().Context(), id) })
}

// runSchedule has the site of a schedule run now.
func (s *Server) runSchedule(c echo.Context) error {
	id, err := strconv.ParseInt(c.Param("id"), 10, 64)
	if err != nil {
		return echo.ErrNotFound
	}
	schedule, err := s.File.Schedule(c.Request().Context(), id)
	if errors.Is(err, store.ErrNoSchedule) {
		return echo.NewHTTPError(http.StatusNotFound, "There is no schedule with this number; it may have been removed.")
	}
	if err != nil {
		return err
	}
	return s.begin(c, schedule.Site)
}

// commandSchedule has something done with the schedule that the path names.
func (s *Server) commandSchedule(c echo.Context, word string, do func(id int64) error) error {
	if s.Control == nil {
		return errNoControl
	}
	id, err := strconv.ParseInt(c.Param("id"), 10, 64)
	if err != nil {
		return echo.ErrNotFound
	}
	if err := do(id); err != nil {
		return err
	}
	return finish(c, "/schedules?done="+word)
}
