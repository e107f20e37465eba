package demo

import (
	"bytes"
	"fmt"
	"hash/fnv"
	"image"
	"image/color"
	"image/png"
	"math"
	"math/rand/v2"
	"net/http"
	"strings"
)

// serveArt answers the pictures and the style sheet.
func (s *site) serveArt(mux *http.ServeMux) {
	serveFile := func(path, contentType, file string) {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, r *http.Request) {
			text, err := files.ReadFile(file)
			if err != nil {
				s.notFound(w, r)
				return
			}
			answer(w, r, contentType, text)
		})
	}
	serveFile("/style.css", "text/css; charset=utf-8", "assets/style.css")
	serveFile("/logo.svg", "image/svg+xml", "assets/logo.svg")
	serveFile("/waves.svg", "image/svg+xml", "assets/waves.svg")
	icon := drawIcon()
	mux.HandleFunc("GET /icon.png", func(w http.ResponseWriter, r *http.Request) { answer(w, r, "image/png", icon) })
	mux.HandleFunc("GET /img/chart/{name}", func(w http.ResponseWriter, r *http.Request) {
		name, found := strings.CutSuffix(r.PathValue("name"), ".svg")
		if !found {
			s.notFound(w, r)
			return
		}
		answer(w, r, "image/svg+xml", drawChart(name))
	})
}

// shades are the colours of a depth chart, from the shore to the deep.
var shades = []string{"#e9dfc3", "#d3e6e0", "#b2d8da", "#8bc3ce", "#63abbf", "#3f8fab", "#267394", "#175a7b", "#0f4461"}

// drawChart draws the depth contours of a bay that does not exist, the same bay
// for the same name.
func drawChart(name string) []byte {
	seed := fnv.New64a()
	seed.Write([]byte(name))
	dice := rand.New(rand.NewPCG(seed.Sum64(), 1))
	centreX, centreY := 200+dice.Float64()*320, 90+dice.Float64()*60
	waves := []swell{newSwell(dice, 2), newSwell(dice, 3), newSwell(dice, 5)}

	var svg strings.Builder
	fmt.Fprintf(&svg, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 720 240"><rect width="720" height="240" fill="%s"/>`, shades[0])
	for i, shade := range shades[1:] {
		size := 1 - float64(i)/float64(len(shades)-1)
		fmt.Fprintf(&svg, `<path d="%s" fill="%s" stroke="#16323f" stroke-opacity=".25"/>`, contour(centreX, centreY, size, waves), shade)
	}
	for range 14 {
		x, y := dice.IntN(700)+10, dice.IntN(210)+20
		fmt.Fprintf(&svg, `<text x="%d" y="%d" font-family="serif" font-size="11" fill="#16323f" fill-opacity=".6">%d</text>`, x, y, dice.IntN(60)+2)
	}
	svg.WriteString("</svg>\n")
	return []byte(svg.String())
}

// swell is one wave in the outline of a contour.
type swell struct{ count, height, phase float64 }

func newSwell(dice *rand.Rand, count float64) swell {
	return swell{count, dice.Float64() * 0.5 / count, dice.Float64() * 2 * math.Pi}
}

// contour is a closed line around a centre; size 1 reaches the picture's edge.
func contour(x, y, size float64, waves []swell) string {
	const points = 96
	var path strings.Builder
	for i := range points {
		angle := 2 * math.Pi * float64(i) / points
		radius := size
		for _, w := range waves {
			radius += size * w.height * math.Sin(w.count*angle+w.phase+size)
		}
		step := "L"
		if i == 0 {
			step = "M"
		}
		fmt.Fprintf(&path, "%s%.1f %.1f", step, x+330*radius*math.Cos(angle), y+150*radius*math.Sin(angle))
	}
	return path.String() + "Z"
}

// drawIcon draws a drop with a mark in it, 32 pixels square.
func drawIcon() []byte {
	icon := image.NewNRGBA(image.Rect(0, 0, 32, 32))
	for y := range 32 {
		for x := range 32 {
			if distance := math.Hypot(float64(x)-15.5, float64(y)-15.5); distance < 15 {
				icon.SetNRGBA(x, y, iconColour(y))
			}
		}
	}
	var out bytes.Buffer
	if err := png.Encode(&out, icon); err != nil {
		panic(fmt.Sprintf("demo: draw the icon: %v", err))
	}
	return out.Bytes()
}

// iconColour is air above the water line and water below it.
func iconColour(y int) color.NRGBA {
	if y < 13 {
		return color.NRGBA{0xE9, 0xDF, 0xC3, 0xFF}
	}
	return color.NRGBA{0x0D, 0x5C, 0x75, 0xFF}
}
