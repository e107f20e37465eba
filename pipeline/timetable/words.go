package timetable

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Words say what the timetable means: "at 03:30 on Monday to Friday (Europe/Berlin)".
func (t Timetable) Words() string {
	if t.every > 0 {
		return "every " + inWords(t.every)
	}
	return t.clockWords() + t.dayWords() + " (" + t.Zone.String() + ")"
}

// clockWords say at which times of a day.
func (t Timetable) clockWords() string {
	minutes, hours := set(t.cron.Minute, 0, 59), set(t.cron.Hour, 0, 23)
	step, stepped := stepOf(minutes, 60)
	switch {
	case len(hours) == 24 && len(minutes) == 60:
		return "every minute"
	case len(hours) == 24 && stepped:
		return fmt.Sprintf("every %d minutes", step)
	case len(hours) == 24:
		return "every hour at " + plural("minute", minutes)
	case len(minutes)*len(hours) <= 6:
		return "at " + clockTimes(hours, minutes)
	case len(minutes) == 1:
		return "at " + plural("minute", minutes) + " of " + hourWords(hours)
	case stepped:
		return fmt.Sprintf("every %d minutes of %s", step, hourWords(hours))
	}
	return "at " + plural("minute", minutes) + " of " + hourWords(hours)
}

func clockTimes(hours, minutes []int) string {
	var times []string
	for _, hour := range hours {
		for _, minute := range minutes {
			times = append(times, fmt.Sprintf("%02d:%02d", hour, minute))
		}
	}
	return list(times)
}

func hourWords(hours []int) string {
	if step, ok := stepOf(hours, 24); ok && step > 1 {
		return fmt.Sprintf("every %s hour", ordinal(step))
	}
	return plural("hour", hours)
}

// dayWords say on which days, "" for all. A crontab takes the day of the month or the
// day of the week where both are named.
func (t Timetable) dayWords() string {
	days, weekdays, months := set(t.cron.Dom, 1, 31), set(t.cron.Dow, 0, 6), set(t.cron.Month, 1, 12)
	var words []string
	if len(days) < 31 {
		words = append(words, plural("day", days)+" of the month")
	}
	if len(weekdays) < 7 {
		words = append(words, ranges(weekdays, func(d int) string { return time.Weekday(d).String() }))
	}
	text := ""
	if len(words) > 0 {
		text = " on " + strings.Join(words, " or ")
	}
	if len(months) < 12 {
		text += " in " + ranges(months, func(m int) string { return time.Month(m).String() })
	}
	return text
}

// set lists the bits of a field.
func set(field uint64, from, to int) []int {
	var values []int
	for v := from; v <= to; v++ {
		if field&(1<<v) != 0 {
			values = append(values, v)
		}
	}
	return values
}

// stepOf reports whether values are all multiples of one number below size, and which.
func stepOf(values []int, size int) (int, bool) {
	if len(values) < 2 || values[0] != 0 || size%len(values) != 0 {
		return 0, false
	}
	step := size / len(values)
	for i, v := range values {
		if v != i*step {
			return 0, false
		}
	}
	return step, true
}

// plural names values: "minute 5", "minutes 5, 10 and 20 to 25".
func plural(noun string, values []int) string {
	if len(values) != 1 {
		noun += "s"
	}
	return noun + " " + ranges(values, strconv.Itoa)
}

// ranges names values, runs of three and more as "a to b".
func ranges(values []int, name func(int) string) string {
	var words []string
	for i := 0; i < len(values); {
		end := i
		for end+1 < len(values) && values[end+1] == values[end]+1 {
			end++
		}
		if end-i < 2 {
			words = append(words, name(values[i]))
			i++
			continue
		}
		words = append(words, name(values[i])+" to "+name(values[end]))
		i = end + 1
	}
	return list(words)
}

// list joins words as a sentence does.
func list(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}

func ordinal(n int) string {
	switch {
	case n%10 == 1 && n != 11:
		return strconv.Itoa(n) + "st"
	case n%10 == 2 && n != 12:
		return strconv.Itoa(n) + "nd"
	case n%10 == 3 && n != 13:
		return strconv.Itoa(n) + "rd"
	}
	return strconv.Itoa(n) + "th"
}

// inWords names a duration by its largest units: "6 hours", "1 hour 30 minutes".
func inWords(d time.Duration) string {
	var words []string
	for _, unit := range []struct {
		size time.Duration
		name string
	}{{24 * time.Hour, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}, {time.Second, "second"}} {
		n := d / unit.size
		d -= n * unit.size
		switch {
		case n == 1:
			words = append(words, "1 "+unit.name)
		case n > 1:
			words = append(words, fmt.Sprintf("%d %ss", n, unit.name))
		}
	}
	return strings.Join(words, " ")
}
