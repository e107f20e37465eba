package dashboard

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"sonde"
)

// point is a value of a chart, and what it is the value of.
type point struct {
	Value int64
	Label string
}

// chart is a drawing in a box of Width by Height.
type chart struct {
	Width, Height int     `json:"-"`
	Line          string  `json:"line"` // the points of a polyline
	Area          string  `json:"area"` // the points of the polygon below it
	Bars          []bar   `json:"-"`
	Points        []point `json:"-"` // what is drawn, for the table behind it
}

// bar is a rectangle of a chart.
type bar struct {
	X, Y, Width, Height float64
	Label, Text         string
	Tone                string
}

// sparkline draws values as a line without axes.
func sparkline(points []point) chart {
	c := chart{Width: 120, Height: 28, Points: points}
	values := make([]float64, len(points))
	for i, p := range points {
		values[i] = float64(p.Value)
	}
	c.draw(values)
	return c
}

// Varies reports whether there is something to see in a chart.
func (c chart) Varies() bool {
	return len(c.Points) > 2 && slices.ContainsFunc(c.Points, func(p point) bool { return p.Value != c.Points[0].Value })
}

// draw makes the line of values, and returns the highest of them, which touches the top.
func (c *chart) draw(values []float64) (most float64) {
	if len(values) == 0 {
		return 0
	}
	most = slices.Max(values)
	if len(values) == 1 {
		values = append(values, values[0])
	}
	var line strings.Builder
	for i, v := range values {
		x := float64(i) / float64(len(values)-1) * float64(c.Width)
		y := float64(c.Height-3) * (1 - v/math.Max(most, 1e-9))
		fmt.Fprintf(&line, "%.4g,%.4g ", x, y+1.5)
	}
	c.Line = strings.TrimSpace(line.String())
	c.Area = fmt.Sprintf("0,%d %s %d,%d", c.Height, c.Line, c.Width, c.Height)
	return most
}

// stacked draws parts of a whole as one bar.
func stacked(parts []bar) chart {
	c := chart{Width: 1000, Height: 12}
	whole := 0.0
	for _, p := range parts {
		whole += p.Width
	}
	x := 0.0
	for _, p := range parts {
		if p.Width == 0 {
			continue
		}
		p.X, p.Height = x, float64(c.Height)
		p.Width = p.Width / whole * float64(c.Width)
		x += p.Width
		c.Bars = append(c.Bars, p)
	}
	return c
}

// waterfall draws phases that follow each other, in milliseconds.
func waterfall(phases []bar) chart {
	const rowHeight = 24
	c := chart{Width: 600, Height: rowHeight * len(phases)}
	whole := 1.0
	for _, p := range phases {
		whole = math.Max(whole, p.X+p.Width)
	}
	for i, p := range phases {
		p.X = p.X / whole * float64(c.Width)
		p.Width = math.Max(p.Width/whole*float64(c.Width), 2)
		p.X = math.Min(p.X, float64(c.Width)-2)
		p.Y, p.Height = float64(i*rowHeight)+5, rowHeight-10
		c.Bars = append(c.Bars, p)
	}
	return c
}

// columns draws values as columns beside each other, the highest as high as the box, the
// last at its right end.
func columns(points []point, tone string) chart {
	c := chart{Width: 600, Height: 80, Points: points}
	most := int64(1)
	for _, p := range points {
		most = max(most, p.Value)
	}
	if len(points) == 0 {
		return c
	}
	step := float64(c.Width) / float64(max(len(points), 12))
	left := float64(c.Width) - step*float64(len(points))
	for i, p := range points {
		height := math.Max(float64(p.Value)/float64(most)*float64(c.Height-2), 1)
		c.Bars = append(c.Bars, bar{
			X: left + float64(i)*step, Y: float64(c.Height) - height, Width: step - 2, Height: height,
			Label: p.Label, Text: sonde.Thousands(p.Value), Tone: tone,
		})
	}
	return c
}
