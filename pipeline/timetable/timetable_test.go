package timetable_test

import (
	"errors"
	"testing"
	"time"
	_ "time/tzdata" // the zones of this test, whatever the machine has

	"sonde/pipeline/timetable"
)

func parse(t *testing.T, spec, zone string) timetable.Timetable {
	t.Helper()
	table, err := timetable.Parse(spec, zone)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func instant(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// TestNext has the days on which clocks change, north and south, at midnight and by
// half an hour, checked by hand.
func TestNext(t *testing.T) {
	tests := []struct {
		name, spec, zone, after string
		want                    []string
	}{
		{"every night", "30 3 * * *", "UTC", "2026-11-25T18:00:00Z",
			[]string{"2026-11-26T03:30:00Z", "2026-11-27T03:30:00Z"}},
		{"an instant is not after itself", "30 3 * * *", "UTC", "2026-11-26T03:30:00Z",
			[]string{"2026-11-27T03:30:00Z"}},
		{"a gap comes right after", "30 2 * * *", "Europe/Berlin", "2027-03-27T12:00:00Z",
			[]string{"2027-03-28T03:00:00+02:00", "2027-03-29T02:30:00+02:00"}},
		{"all of a gap comes once", "*/20 2 * * *", "Europe/Berlin", "2027-03-27T12:00:00Z",
			[]string{"2027-03-28T03:00:00+02:00", "2027-03-29T02:00:00+02:00"}},
		{"a gap and what follows it", "0 2,3 * * *", "Europe/Berlin", "2027-03-27T12:00:00Z",
			[]string{"2027-03-28T03:00:00+02:00", "2027-03-29T02:00:00+02:00"}},
		{"a repetition comes once", "30 2 * * *", "Europe/Berlin", "2027-10-30T12:00:00Z",
			[]string{"2027-10-31T02:30:00+02:00", "2027-11-01T02:30:00+01:00"}},
		{"several of a repetition come once each", "*/30 2 * * *", "Europe/Berlin", "2027-10-30T12:00:00Z",
			[]string{"2027-10-31T02:00:00+02:00", "2027-10-31T02:30:00+02:00", "2027-11-01T02:00:00+01:00"}},
		{"asked within the repetition", "30 2 * * *", "Europe/Berlin", "2027-10-31T01:10:00Z",
			[]string{"2027-11-01T02:30:00+01:00"}},
		{"every hour is every hour", "0 * * * *", "Europe/Berlin", "2027-10-30T23:30:00Z",
			[]string{"2027-10-31T00:00:00Z", "2027-10-31T01:00:00Z", "2027-10-31T02:00:00Z"}},
		{"every half hour over a gap", "*/30 * * * *", "Europe/Berlin", "2027-03-28T00:10:00Z",
			[]string{"2027-03-28T00:30:00Z", "2027-03-28T01:00:00Z", "2027-03-28T01:30:00Z"}},
		{"a gap at midnight", "0 0 * * *", "America/Asuncion", "2024-10-05T12:00:00Z",
			[]string{"2024-10-06T01:00:00-03:00", "2024-10-07T00:00:00-03:00"}},
		{"a gap after midnight", "30 0 * * *", "Africa/Cairo", "2026-04-23T12:00:00Z",
			[]string{"2026-04-24T01:00:00+03:00", "2026-04-25T00:30:00+03:00"}},
		{"a gap of half an hour, in the south", "10 2 * * *", "Australia/Lord_Howe", "2027-10-02T12:00:00+10:30",
			[]string{"2027-10-03T02:30:00+11:00", "2027-10-04T02:10:00+11:00"}},
		{"a repetition of half an hour, in the south", "45 1 * * *", "Australia/Lord_Howe", "2027-04-03T12:00:00Z",
			[]string{"2027-04-04T01:45:00+11:00", "2027-04-05T01:45:00+10:30"}},
		{"a day that a zone left out", "0 12 * * *", "Pacific/Apia", "2011-12-29T12:00:00-10:00",
			[]string{"2011-12-31T00:00:00+14:00", "2011-12-31T12:00:00+14:00"}},
		{"a leap day", "0 0 29 2 *", "UTC", "2026-11-25T00:00:00Z",
			[]string{"2028-02-29T00:00:00Z", "2032-02-29T00:00:00Z"}},
		{"either day will do", "0 0 13 * fri", "UTC", "2026-11-10T00:00:00Z",
			[]string{"2026-11-13T00:00:00Z", "2026-11-20T00:00:00Z", "2026-11-27T00:00:00Z", "2026-12-04T00:00:00Z", "2026-12-11T00:00:00Z", "2026-12-13T00:00:00Z"}},
		{"Sunday is 7 too", "0 6 * * 7", "UTC", "2026-11-25T00:00:00Z",
			[]string{"2026-11-29T06:00:00Z"}},
		{"a word", "@weekly", "UTC", "2026-11-25T00:00:00Z",
			[]string{"2026-11-29T00:00:00Z"}},
		{"elapsed time knows no clocks", "@every 6h", "Europe/Berlin", "2027-03-27T20:00:00Z",
			[]string{"2027-03-28T00:00:00Z", "2027-03-28T06:00:00Z"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			anchor := instant(t, "2026-01-01T00:00:00Z")
			got := parse(t, test.spec, test.zone).Upcoming(instant(t, test.after), anchor, len(test.want))
			for i, want := range test.want {
				if i >= len(got) || !got[i].Equal(instant(t, want)) {
					t.Fatalf("the times are %v, want %v", got, test.want)
				}
			}
		})
	}
}

func TestEveryCountsFromItsAnchor(t *testing.T) {
	table := parse(t, "@every 90m", "UTC")
	anchor := instant(t, "2026-11-25T10:10:00Z")
	for after, want := range map[string]string{
		"2026-11-25T09:00:00Z": "2026-11-25T11:40:00Z",
		"2026-11-25T10:10:00Z": "2026-11-25T11:40:00Z",
		"2026-11-25T11:40:00Z": "2026-11-25T13:10:00Z",
		"2026-11-26T00:00:00Z": "2026-11-26T01:10:00Z",
	} {
		if got := table.Next(instant(t, after), anchor); !got.Equal(instant(t, want)) {
			t.Errorf("after %s comes %v, want %s", after, got, want)
		}
	}
}

func TestRefused(t *testing.T) {
	tests := []struct{ spec, zone, want string }{
		{"", "UTC", `the schedule "": it is empty; five fields are wanted, such as "30 3 * * *", or a word such as @daily`},
		{"* * * *", "UTC", `the schedule "* * * *": it has 4 fields; five are wanted: minute, hour, day of the month, month, day of the week`},
		{"0 25 * * *", "UTC", `the schedule "0 25 * * *": the hour "25": end of range (25) above maximum (23): "25"`},
		{"0 0 * * moo", "UTC", `the schedule "0 0 * * moo": the day of the week "moo": failed to parse int from "moo": strconv.Atoi: parsing "moo": invalid syntax`},
		{"0 0 30 2 *", "UTC", `the schedule "0 0 30 2 *": that day never comes`},
		{"@evry 5h", "UTC", `the schedule "@evry 5h": there is no such word; there are @hourly, @daily, @weekly, @monthly, @yearly and @every with a duration`},
		{"@every soon", "UTC", `the schedule "@every soon": "soon" is no duration; such as 6h or 90m is wanted`},
		{"@every 5s", "UTC", `the schedule "@every 5s": at most once in 1m0s is possible`},
		{"@every -5h", "UTC", `the schedule "@every -5h": at most once in 1m0s is possible`},
		{"CRON_TZ=UTC 0 0 * * *", "UTC", `the schedule "CRON_TZ=UTC 0 0 * * *": the time zone is given apart from it`},
		{"@daily", "Europe/Atlantis", `there is no time zone "Europe/Atlantis"; a name of the IANA list is wanted, such as Europe/Berlin or UTC`},
		{"@daily", "Local", `there is no time zone "Local"; a name of the IANA list is wanted, such as Europe/Berlin or UTC`},
		{"@daily", "../../etc/passwd", `there is no time zone "../../etc/passwd"; a name of the IANA list is wanted, such as Europe/Berlin or UTC`},
	}
	for _, test := range tests {
		_, err := timetable.Parse(test.spec, test.zone)
		if err == nil || err.Error() != test.want {
			t.Errorf("Parse(%q, %q) = %v, want %s", test.spec, test.zone, err, test.want)
		}
	}
}

func TestWords(t *testing.T) {
	for spec, want := range map[string]string{
		"30 3 * * *":         "at 03:30 (UTC)",
		"30 3 * * mon-fri":   "at 03:30 on Monday to Friday (UTC)",
		"0 8,20 * * *":       "at 08:00 and 20:00 (UTC)",
		"*/15 * * * *":       "every 15 minutes (UTC)",
		"* * * * *":          "every minute (UTC)",
		"5 * * * *":          "every hour at minute 5 (UTC)",
		"5,35 * * * *":       "every hour at minutes 5 and 35 (UTC)",
		"0 */2 * * *":        "at minute 0 of every 2nd hour (UTC)",
		"*/10 8-17 * * *":    "every 10 minutes of hours 8 to 17 (UTC)",
		"0 0 1 * *":          "at 00:00 on day 1 of the month (UTC)",
		"0 0 1,15 1,7 *":     "at 00:00 on days 1 and 15 of the month in January and July (UTC)",
		"0 0 13 * 5":         "at 00:00 on day 13 of the month or Friday (UTC)",
		"@monthly":           "at 00:00 on day 1 of the month (UTC)",
		"@yearly":            "at 00:00 on day 1 of the month in January (UTC)",
		"@hourly":            "every hour at minute 0 (UTC)",
		"@every 6h":          "every 6 hours",
		"@every 36h30m":      "every 1 day 12 hours 30 minutes",
		"0 6 * * sat,sun":    "at 06:00 on Sunday and Saturday (UTC)",
		"0 9 1-7 * *":        "at 09:00 on days 1 to 7 of the month (UTC)",
		"7,11 1-9 * * *":     "at minutes 7 and 11 of hours 1 to 9 (UTC)",
		"0 0 * jan-mar,12 *": "at 00:00 in January to March and December (UTC)",
	} {
		if got := parse(t, spec, "UTC").Words(); got != want {
			t.Errorf("%s is put as %q, want %q", spec, got, want)
		}
	}
}

// FuzzParse holds that whatever is taken has a next time, and that it lies ahead.
func FuzzParse(f *testing.F) {
	for _, spec := range []string{"30 3 * * *", "@every 6h", "*/5 1-3 29 2 *", "0 0 13 * fri", "@daily", "5-1 23-1 * * *"} {
		f.Add(spec, int64(1_800_000_000))
	}
	f.Fuzz(func(t *testing.T, spec string, seconds int64) {
		table, err := timetable.Parse(spec, "Europe/Berlin")
		if err != nil {
			var refused *timetable.SpecError
			if !errors.As(err, &refused) {
				t.Fatalf("%q is refused with %v", spec, err)
			}
			return
		}
		after := time.Unix(seconds%4_000_000_000, 0)
		for _, next := range table.Upcoming(after, time.Unix(0, 0), 3) {
			if !next.After(after) {
				t.Fatalf("%q: %v does not come after %v", spec, next, after)
			}
			after = next
		}
		if table.Words() == "" {
			t.Fatalf("%q has no words", spec)
		}
	})
}
