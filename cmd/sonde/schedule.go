package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"
	_ "time/tzdata" // a static program knows the zones wherever it runs

	"github.com/spf13/cobra"

	"sonde"
	"sonde/pipeline"
	"sonde/pipeline/timetable"
	"sonde/store"
	"sonde/tabular"
)

func newScheduleCommand(a *app) *cobra.Command {
	return group(&cobra.Command{
		Use:   "schedule",
		Short: "Say when sites run again, while sonde serve is there to do it",
		Example: `  sonde schedule add shop '30 3 * * mon-fri' --timezone Europe/Berlin
  sonde schedule next
  sonde schedule pause 1`,
	},
		newScheduleAddCommand(a),
		newScheduleListCommand(a),
		newSchedulePauseCommand(a, "pause", "Have schedules rest", true),
		newSchedulePauseCommand(a, "resume", "Have schedules come again, from now on", false),
		newScheduleRemoveCommand(a),
		newScheduleNextCommand(a),
	)
}

// scheduleCommand is sonde schedule add with its flags.
type scheduleCommand struct {
	*app
	zone, overlap, missed string
	grace, jitter         durationValue
}

// durationValue is a flag that holds a time, or -1 where it was not given.
type durationValue struct{ time.Duration }

func (v *durationValue) String() string { return "" }
func (v *durationValue) Type() string   { return "TIME" }
func (v *durationValue) Set(text string) (err error) {
	v.Duration, err = parseDuration(text)
	return err
}

const scheduleHelp = `Have a site run again and again. A schedule is a cron line of five fields
(minute, hour, day of the month, month, day of the week), a word (@hourly,
@daily, @weekly, @monthly, @yearly), or "@every 6h".

A line speaks of the clock on the wall of its time zone: what falls into an hour
that is skipped in spring comes once, right after it, and what falls into the
hour that is repeated in autumn comes once, the first time.`

func newScheduleAddCommand(a *app) *cobra.Command {
	c := &scheduleCommand{app: a, grace: durationValue{-1}, jitter: durationValue{-1}}
	command := &cobra.Command{
		Use:   "add SITE SPEC",
		Short: "Have a site run again and again",
		Long:  scheduleHelp,
		Example: `  sonde schedule add shop '30 3 * * mon-fri' --timezone Europe/Berlin
  sonde schedule add shop '@every 6h' --overlap queue
  sonde schedule add shop @daily`,
		Args: arguments(2, 2, "a site and a schedule, such as: shop '30 3 * * *'"),
		RunE: func(command *cobra.Command, args []string) error { return c.add(command.Context(), args[0], args[1]) },
	}
	flags := command.Flags()
	flags.SortFlags = false
	flags.StringVar(&c.zone, "timezone", "UTC", "the `ZONE` that the line speaks of, such as Europe/Berlin")
	flags.StringVar(&c.overlap, "overlap", "skip", "what to do `WHEN` the run before still goes on: skip, queue or replace")
	flags.StringVar(&c.missed, "missed", "once", "what to do about `TIMES` at which no sonde served: once, to catch up with the last, or skip")
	flags.Var(&c.grace, "grace", "how late the last one may be caught up with (default: as long as from one to the next, at most 24h)")
	flags.Var(&c.jitter, "jitter", "begin up to so much later, always the same (default: some minutes for @hourly, @daily and so on)")
	settable(flags.Lookup("timezone"))
	return command
}

func (c *scheduleCommand) add(ctx context.Context, site, spec string) error {
	overlap, err := choice(sonde.OverlapSkip, sonde.OverlapQueue, sonde.OverlapReplace)(c.overlap)
	if err != nil {
		return usagef("--overlap: %w", err)
	}
	missed, err := choice(sonde.MissedOnce, sonde.MissedSkip)(c.missed)
	if err != nil {
		return usagef("--missed: %w", err)
	}
	s, err := planned(sonde.Schedule{
		Site: site, Spec: spec, Zone: c.zone, Overlap: overlap, Missed: missed, Grace: c.grace.Duration, Jitter: c.jitter.Duration,
	})
	if err != nil {
		return err
	}
	return c.withSite(ctx, site, func(file *store.File, _ sonde.Site) error {
		s, err := file.SaveSchedule(s)
		if err != nil {
			return err
		}
		_, words, err := pipeline.Upcoming(s, time.Now(), 0)
		c.say("Schedule %d: %s runs %s, next at %s. It needs `sonde serve`.", s.ID, site, words, inZone(s.NextAt, s.Zone))
		return err
	})
}

// planned reads the spec of a schedule and fills in what it leaves out.
func planned(s sonde.Schedule) (sonde.Schedule, error) {
	s, err := pipeline.Plan(s, time.Now())
	var spec *timetable.SpecError
	var zone *timetable.ZoneError
	if errors.As(err, &spec) || errors.As(err, &zone) {
		return s, usagef("%w", err)
	}
	return s, err
}

// inZone writes an instant as the clock of a zone shows it.
func inZone(at time.Time, zone string) string {
	location, err := time.LoadLocation(zone)
	if err != nil {
		location = time.UTC
	}
	return at.In(location).Format("Mon 2006-01-02 15:04:05 MST")
}

func newScheduleListCommand(a *app) *cobra.Command {
	var f format
	command := &cobra.Command{
		Use:     "list",
		Short:   "List the schedules",
		Example: "  sonde schedule list\n  sonde schedule list --json",
		Args:    arguments(0, 0, "nothing"),
		RunE: func(command *cobra.Command, _ []string) error {
			return a.list(command.Context(), f, "schedules", []string{"id", "site", "spec", "timezone", "paused", "next_run_at", "overlap", "missed", "last_run_id"})
		},
	}
	f.add(command.Flags())
	return command
}

func newSchedulePauseCommand(a *app, verb, short string, paused bool) *cobra.Command {
	return &cobra.Command{
		Use:     verb + " ID...",
		Short:   short,
		Example: "  sonde schedule " + verb + " 1",
		Args:    someSchedules,
		RunE: func(command *cobra.Command, args []string) error {
			return a.changeSchedules(command.Context(), args, func(file *store.File, s sonde.Schedule) error {
				s.Paused = paused
				s, err := pipeline.Plan(s, time.Now())
				if err == nil {
					_, err = file.SaveSchedule(s)
				}
				if err != nil {
					return err
				}
				if paused {
					a.say("Schedule %d of %s rests.", s.ID, s.Site)
				} else {
					a.say("Schedule %d of %s comes next at %s.", s.ID, s.Site, inZone(s.NextAt, s.Zone))
				}
				return nil
			})
		},
	}
}

func newScheduleRemoveCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "remove ID...",
		Short:   "Remove schedules; the runs that they brought stay",
		Example: "  sonde schedule remove 1",
		Args:    someSchedules,
		RunE: func(command *cobra.Command, args []string) error {
			return a.changeSchedules(command.Context(), args, func(file *store.File, s sonde.Schedule) error {
				if err := file.RemoveSchedule(s.ID); err != nil {
					return err
				}
				a.say("Removed schedule %d of %s.", s.ID, s.Site)
				return nil
			})
		},
	}
}

func someSchedules(command *cobra.Command, args []string) error {
	if err := arguments(1, -1, "the number of a schedule, as `sonde schedule list` shows it")(command, args); err != nil {
		return err
	}
	for _, arg := range args {
		if id, err := strconv.ParseInt(arg, 10, 64); err != nil || id < 1 {
			return usagef("%q is not the number of a schedule; `sonde schedule list` shows them", arg)
		}
	}
	return nil
}

// changeSchedules calls do for the schedules that arguments name, if all are there.
func (a *app) changeSchedules(ctx context.Context, args []string, do func(*store.File, sonde.Schedule) error) error {
	schedules, err := a.readSchedules(ctx, args)
	if err != nil {
		return err
	}
	return a.withFile(ctx, func(file *store.File, _ *live) error {
		for _, s := range schedules {
			if err := do(file, s); err != nil {
				return err
			}
		}
		return nil
	})
}

// readSchedules reads the schedules that arguments name; all, where there are none.
func (a *app) readSchedules(ctx context.Context, args []string) ([]sonde.Schedule, error) {
	file, err := a.openForReading(ctx)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	if len(args) == 0 {
		return file.Schedules(ctx)
	}
	var schedules []sonde.Schedule
	for _, arg := range args {
		id, _ := strconv.ParseInt(arg, 10, 64) // someSchedules has looked
		s, err := file.Schedule(ctx, id)
		if err != nil {
			return nil, fmt.Errorf("%w in %s; `sonde schedule list` shows them", err, a.dbPath)
		}
		schedules = append(schedules, s)
	}
	return schedules, nil
}

func newScheduleNextCommand(a *app) *cobra.Command {
	var f format
	count := 5
	command := &cobra.Command{
		Use:   "next [ID...]",
		Short: "Show when schedules come next, in words and in their zone",
		Example: `  sonde schedule next
  sonde schedule next 1 --count 10`,
		Args: func(command *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			return someSchedules(command, args)
		},
		RunE: func(command *cobra.Command, args []string) error {
			return a.nextTimes(command.Context(), f, args, count)
		},
	}
	command.Flags().IntVarP(&count, "count", "n", 5, "how many times of each")
	f.add(command.Flags())
	return command
}

func (a *app) nextTimes(ctx context.Context, f format, args []string, count int) error {
	if err := f.check(); err != nil {
		return err
	}
	if count < 1 || count > 1000 {
		return usagef("--count %d: a number from 1 to 1000 is wanted", count)
	}
	schedules, err := a.readSchedules(ctx, args)
	if err != nil {
		return err
	}
	rows := a.rows(f)
	if err := rows.Columns([]string{"schedule_id", "site", "words", "paused", "begins_at", "local"}); err != nil {
		return err
	}
	for _, s := range schedules {
		if err := writeNext(rows, s, count); err != nil {
			return err
		}
	}
	return rows.Close()
}

func writeNext(rows tabular.Writer, s sonde.Schedule, count int) error {
	times, words, err := pipeline.Upcoming(s, time.Now(), count)
	if err != nil {
		return err
	}
	for _, at := range times {
		rows.Integer(s.ID)
		rows.Text([]byte(s.Site))
		rows.Text([]byte(words))
		rows.Integer(map[bool]int64{true: 1}[s.Paused])
		rows.Text([]byte(instant(at)))
		rows.Text([]byte(inZone(at, s.Zone)))
		if err := rows.EndRow(); err != nil {
			return err
		}
	}
	return nil
}
