package dashboard

import (
	"context"
	"errors"
	"fmt"
	"time"

	"sonde"
	"sonde/store"
)

// course shows how a run went: two lines over its time, and the table behind them. It
// is JSON too, for pages that watch a run.
type course struct {
	Rate plot   `json:"rate"` // URLs a second
	Mean plot   `json:"mean"` // how long an attempt took
	End  string `json:"end"`  // of the time that they show
	Laps []lap  `json:"laps"`
}

// plot is a line and what its highest point stands for.
type plot struct {
	chart
	Name string `json:"-"`
	Most string `json:"most"`
}

// lap is a row of the table.
type lap struct {
	From    string `json:"from"` // since the beginning
	Fetched string `json:"fetched"`
	Rate    string `json:"rate"`
	Mean    string `json:"mean"`
}

// The box that plots are drawn in. It is stretched to the room there is.
const plotWidth, plotHeight = 600, 96

func courseOf(c sonde.Course) *course {
	shown := &course{Laps: []lap{}, End: sonde.InTime(c.Step * time.Duration(len(c.Laps)))}
	rates, means := make([]float64, len(c.Laps)), make([]float64, len(c.Laps))
	for i, l := range c.Laps {
		rates[i], means[i] = c.Rate(i), float64(c.Mean(i).Milliseconds())
		shown.Laps = append(shown.Laps, lap{
			From: sonde.InTime(c.Step * time.Duration(i)), Fetched: sonde.Thousands(l.Fetched), Rate: aSecond(rates[i]), Mean: inMilliseconds(means[i]),
		})
	}
	shown.Rate, shown.Mean = plotOf("URLs a second", rates, aSecond), plotOf("Time of a fetch, mean", means, inMilliseconds)
	return shown
}

func plotOf(name string, values []float64, inUnits func(float64) string) plot {
	p := plot{chart: chart{Width: plotWidth, Height: plotHeight}, Name: name}
	p.Most = inUnits(p.draw(values))
	return p
}

// aSecond writes a rate.
func aSecond(rate float64) string {
	if rate >= 100 {
		return sonde.Thousands(int64(rate))
	}
	return fmt.Sprintf("%.1f", rate)
}

// liveCourse is the course of a run that goes on, without the lap that is not over.
func liveCourse(c sonde.Course) *course {
	c.Laps = c.Laps[:max(len(c.Laps)-1, 0)]
	return courseOf(c)
}

// fewestLaps is how many a line needs to say something.
const fewestLaps = 5

// coursePatience is how long the page of a run that a process left behind may look for how
// it went.
const coursePatience = 250 * time.Millisecond

// pastCourse is the course of a run that is over, nil where there is nothing to draw or
// it is not soon read.
func (s *Server) pastCourse(ctx context.Context, run sonde.Run) (*course, error) {
	c, err := s.File.Course(ctx, run, coursePatience)
	if errors.Is(err, store.ErrTooSlow) {
		return nil, nil
	}
	if err != nil || len(c.Laps) < fewestLaps {
		return nil, err
	}
	return courseOf(c), nil
}
