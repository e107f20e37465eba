// Package timetable tells when a schedule is due. A [Timetable] is read by [Parse]
// from a cron line, a word such as @daily, or "@every 6h", and a time zone; [Timetable.Next]
// computes instants and words.go says in English what it means. It knows no clock and
// keeps no state.
//
// The arithmetic of cron lines is a library's. What clocks that are put forward and
// back do to them is decided here (see [Timetable.Next]), because libraries differ.
package timetable

import (
	"fmt"
	"math/bits"
	"strings"
	"time"

	"github.com/netresearch/go-cron"
)

// Timetable is a schedule's spec in its zone.
type Timetable struct {
	Spec string
	Zone *time.Location

	every time.Duration      // of "@every", elapsed time; 0 for a cron line
	cron  *cron.SpecSchedule // nil for "@every"
}

// SpecError is a spec that cannot be read or never comes.
type SpecError struct {
	Spec  string
	Field string // "minute", "hour", …; "" where no field is to blame
	Text  string // of the field
	What  string
}

func (e *SpecError) Error() string {
	if e.Field == "" {
		return fmt.Sprintf("the schedule %q: %s", e.Spec, e.What)
	}
	return fmt.Sprintf("the schedule %q: the %s %q: %s", e.Spec, e.Field, e.Text, e.What)
}

// ZoneError is a time zone that is not in the zone data.
type ZoneError struct{ Zone string }

func (e *ZoneError) Error() string {
	return fmt.Sprintf("there is no time zone %q; a name of the IANA list is wanted, such as Europe/Berlin or UTC", e.Zone)
}

// Shortest is how often a schedule may come: a cron line cannot say less either.
const Shortest = time.Minute

// parser reads five fields, names and words. Where both the day of the month and the
// day of the week are given, either will do, as in every crontab.
var parser = cron.MustNewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow | cron.Descriptor | cron.DowOrDom).
	WithMaxSearchYears(9) // from one 29 February to the next where a century comes between

// fields are the names of the five fields of a cron line.
var fields = []string{"minute", "hour", "day of the month", "month", "day of the week"}

// Parse reads a spec ("30 3 * * mon-fri", "@daily", "@every 6h") in a zone of the IANA
// list. The error is a *[SpecError] that names the field to blame, or a *[ZoneError].
func Parse(spec, zone string) (Timetable, error) {
	location, err := loadZone(zone)
	if err != nil {
		return Timetable{}, err
	}
	t := Timetable{Spec: strings.Join(strings.Fields(spec), " "), Zone: location}
	switch {
	case t.Spec == "":
		err = &SpecError{Spec: spec, What: "it is empty; five fields are wanted, such as \"30 3 * * *\", or a word such as @daily"}
	case strings.HasPrefix(t.Spec, "@"):
		err = t.parseWord()
	default:
		err = t.parseLine()
	}
	if err != nil {
		return Timetable{}, err
	}
	if t.Next(time.Unix(0, 0), time.Unix(0, 0)).IsZero() {
		return Timetable{}, &SpecError{Spec: t.Spec, What: "that day never comes"}
	}
	return t, nil
}

// loadZone finds a zone. The empty name and "Local", which time.LoadLocation takes,
// mean something else on every machine.
func loadZone(name string) (*time.Location, error) {
	if name == "" || name == "Local" {
		return nil, &ZoneError{name}
	}
	location, err := time.LoadLocation(name)
	if err != nil {
		return nil, &ZoneError{name}
	}
	return location, nil
}

func (t *Timetable) parseWord() error {
	if text, ok := strings.CutPrefix(t.Spec, "@every "); ok {
		every, err := time.ParseDuration(text)
		switch {
		case err != nil:
			return &SpecError{Spec: t.Spec, What: fmt.Sprintf("%q is no duration; such as 6h or 90m is wanted", text)}
		case every < Shortest:
			return &SpecError{Spec: t.Spec, What: fmt.Sprintf("at most once in %v is possible", Shortest)}
		}
		t.every = every
		return nil
	}
	schedule, err := parser.Parse(t.Spec)
	line, ok := schedule.(*cron.SpecSchedule)
	if err != nil || !ok {
		return &SpecError{Spec: t.Spec, What: "there is no such word; there are @hourly, @daily, @weekly, @monthly, @yearly and @every with a duration"}
	}
	t.cron = line
	return nil
}

func (t *Timetable) parseLine() error {
	parts := strings.Fields(t.Spec)
	if strings.Contains(parts[0], "=") {
		return &SpecError{Spec: t.Spec, What: "the time zone is given apart from it"}
	}
	if len(parts) != len(fields) {
		return &SpecError{Spec: t.Spec, What: fmt.Sprintf("it has %d fields; five are wanted: %s", len(parts), strings.Join(fields, ", "))}
	}
	for i, part := range parts {
		alone := []string{"*", "*", "*", "*", "*"}
		alone[i] = part
		if _, err := parser.Parse(strings.Join(alone, " ")); err != nil {
			return &SpecError{Spec: t.Spec, Field: fields[i], Text: part, What: err.Error()}
		}
	}
	schedule, err := parser.Parse(t.Spec)
	line, ok := schedule.(*cron.SpecSchedule)
	if err != nil || !ok {
		return &SpecError{Spec: t.Spec, What: fmt.Sprint(err)}
	}
	t.cron = line
	return nil
}

// Next is the first instant after a given one, zero when there is none. "@every"
// counts from anchor.
//
// A cron line speaks of the clock on the wall of its zone. What it names in an hour
// that is skipped when clocks go forward comes once, right after the skip; what it
// names in an hour that is repeated when they go back comes once, the first time. A
// line for every hour means elapsed hours, and is not held up by the repetition.
func (t Timetable) Next(after, anchor time.Time) time.Time {
	if t.every > 0 {
		return t.nextElapsed(after, anchor)
	}
	if t.hourly() {
		return t.cron.Next(after.In(t.Zone))
	}
	wall := t.cron.Next(onTheWall(after.In(t.Zone)))
	for ; !wall.IsZero(); wall = t.cron.Next(wall) {
		if at := t.instant(wall); at.After(after) {
			return at
		}
	}
	return time.Time{}
}

// Upcoming are the next count instants.
func (t Timetable) Upcoming(after, anchor time.Time, count int) []time.Time {
	var upcoming []time.Time
	for len(upcoming) < count {
		if after = t.Next(after, anchor); after.IsZero() {
			break
		}
		upcoming = append(upcoming, after)
	}
	return upcoming
}

// Interval is the time from the first instant after a given one to the second: how
// often the schedule comes, about.
func (t Timetable) Interval(after, anchor time.Time) time.Duration {
	two := t.Upcoming(after, anchor, 2)
	if len(two) < 2 {
		return 0
	}
	return two[1].Sub(two[0])
}

func (t Timetable) nextElapsed(after, anchor time.Time) time.Time {
	if after.Before(anchor) {
		return anchor.Add(t.every).In(t.Zone)
	}
	passed := after.Sub(anchor) / t.every
	return anchor.Add((passed + 1) * t.every).In(t.Zone)
}

// hourly reports whether the line names every hour of the day.
func (t Timetable) hourly() bool { return bits.OnesCount64(t.cron.Hour&(1<<24-1)) == 24 }

// onTheWall is what a clock shows, as if there were no zones.
func onTheWall(at time.Time) time.Time {
	year, month, day := at.Date()
	hour, minute, second := at.Clock()
	return time.Date(year, month, day, hour, minute, second, at.Nanosecond(), time.UTC)
}

// instant is when the clock of the zone shows wall: the first time where it does so
// twice, and the end of the gap where it never does.
func (t Timetable) instant(wall time.Time) time.Time {
	const around = 36 * time.Hour // further from any wall clock than a change of it reaches
	_, before := wall.Add(-around).In(t.Zone).Zone()
	_, after := wall.Add(around).In(t.Zone).Zone()
	early := wall.Add(-time.Duration(max(before, after)) * time.Second).In(t.Zone)
	late := wall.Add(-time.Duration(min(before, after)) * time.Second).In(t.Zone)
	switch {
	case onTheWall(early).Equal(wall):
		return early
	case onTheWall(late).Equal(wall):
		return late
	}
	start, _ := late.ZoneBounds()
	return start.In(t.Zone)
}
