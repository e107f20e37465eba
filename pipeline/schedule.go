package pipeline

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"strings"
	"time"

	"sonde"
	"sonde/pipeline/timetable"
)

// Bounds of what a schedule says by itself where nobody says otherwise.
const (
	maxGrace  = 24 * time.Hour
	maxJitter = 10 * time.Minute
)

// punctual is how late a slot may begin and still be on time: what the loop may sleep
// over, and some more.
const punctual = 2 * time.Minute

// Plan reads a schedule's spec, fills in what it leaves out, and sets when it comes
// next; one that is paused does not. Overlap and Missed are skip and once where they are
// empty. A Grace below 0 is the schedule's interval, at most a day; a Jitter below 0 is a
// twentieth of the interval, at most ten minutes, for the words for times that everybody
// takes (@hourly, @daily, …), and none for others. The error says what is wrong with the
// spec or the zone.
func Plan(s sonde.Schedule, now time.Time) (sonde.Schedule, error) {
	table, err := timetable.Parse(s.Spec, s.Zone)
	if err != nil {
		return s, err
	}
	if s.CreatedAt.IsZero() {
		s.CreatedAt = now.UTC().Truncate(time.Millisecond)
	}
	s.Spec = table.Spec
	s.Overlap = cmp.Or(s.Overlap, sonde.OverlapSkip)
	s.Missed = cmp.Or(s.Missed, sonde.MissedOnce)
	interval := table.Interval(now, s.CreatedAt)
	if s.Grace < 0 {
		s.Grace = min(interval, maxGrace)
	}
	if s.Jitter < 0 {
		s.Jitter = usualJitter(s.Spec, interval)
	}
	s.NextSlot, s.NextAt = time.Time{}, time.Time{}
	if !s.Paused {
		s = next(s, table, now)
	}
	return s, nil
}

// usualJitter spreads the words for times that everybody takes.
func usualJitter(spec string, interval time.Duration) time.Duration {
	if strings.HasPrefix(spec, "@") && !strings.HasPrefix(spec, "@every") {
		return min(interval/20, maxJitter)
	}
	return 0
}

// next sets when a schedule comes after an instant.
func next(s sonde.Schedule, table timetable.Timetable, after time.Time) sonde.Schedule {
	s.NextSlot = table.Next(after.Add(-offset(s)), s.CreatedAt)
	s.NextAt = s.NextSlot.Add(offset(s))
	return s
}

// offset is a schedule's part of its jitter. It hangs on its site and spec alone, so
// that what is shown is what will be.
func offset(s sonde.Schedule) time.Duration {
	if s.Jitter <= 0 {
		return 0
	}
	h := fnv.New64a()
	fmt.Fprintf(h, "%s\x00%s\x00%s", s.Site, s.Spec, s.Zone)
	return (time.Duration(h.Sum64()>>1) % (s.Jitter + 1)).Truncate(time.Second)
}

// Upcoming are the next count times at which a schedule begins, and its spec in words.
// Paused or not, they are those that it would have.
func Upcoming(s sonde.Schedule, now time.Time, count int) ([]time.Time, string, error) {
	table, err := timetable.Parse(s.Spec, s.Zone)
	if err != nil {
		return nil, "", err
	}
	times := table.Upcoming(now.Add(-offset(s)), s.CreatedAt, count)
	for i := range times {
		times[i] = times[i].Add(offset(s))
	}
	return times, table.Words(), nil
}

// maxMissed is how many missed slots of a schedule are written down one by one.
const maxMissed = 100

// come tells which slots of a schedule have come by now, and sets when it comes next. Of
// several that have come, all but the last were missed; so was the last where it should
// have begun longer ago than is punctual.
func come(s sonde.Schedule, now time.Time) (sonde.Schedule, []sonde.Slot, error) {
	table, err := timetable.Parse(s.Spec, s.Zone)
	if err != nil {
		return s, nil, fmt.Errorf("schedule %d of %s: %w", s.ID, s.Site, err)
	}
	var slots []sonde.Slot
	dropped := 0
	for at := s.NextSlot; !at.IsZero() && !at.Add(offset(s)).After(now); at = table.Next(at, s.CreatedAt) {
		if len(slots) > maxMissed {
			slots, dropped = slots[1:], dropped+1
		}
		slots = append(slots, sonde.Slot{
			Schedule: s.ID, Site: s.Site, For: at.UTC(), BeginsAt: at.Add(offset(s)).UTC(),
			State: sonde.SlotSkipped, Reason: "missed: no sonde served then",
		})
	}
	s = next(s, table, now)
	if len(slots) == 0 {
		return s, nil, nil
	}
	if dropped > 0 {
		slots[0].Reason = fmt.Sprintf("%s; so were %d slots before it", slots[0].Reason, dropped)
	}
	last := &slots[len(slots)-1]
	late := now.Sub(last.BeginsAt)
	switch {
	case late <= punctual:
		last.State, last.Reason = sonde.SlotWaiting, ""
	case s.Missed == sonde.MissedSkip:
	case late > s.Grace:
		last.Reason += fmt.Sprintf(", and %v is too late to catch up", late.Round(time.Minute))
	default:
		last.State = sonde.SlotWaiting
		last.Reason = fmt.Sprintf("caught up with %v late: no sonde served then", late.Round(time.Minute))
	}
	return s, slots, nil
}
