// Command generate writes world.txt from the npm package world-atlas (Natural
// Earth's countries at 1:50 million, ISC; the data itself is in the public
// domain): every country by its ISO 3166-1 alpha-2 code, projected and
// simplified, so that no program has to project anything.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log"
	"maps"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/clip"
	"github.com/paulmach/orb/project"
	"github.com/paulmach/orb/simplify"
	"golang.org/x/text/language"
)

func main() {
	in := flag.String("atlas", "", "countries-50m.json of the npm package world-atlas 2.0.2")
	out := flag.String("out", "world.txt", "the file to write")
	flag.Parse()
	if err := run(*in, *out); err != nil {
		log.Fatal(err)
	}
}

// topology is a TopoJSON file, as far as it is read.
type topology struct {
	Transform struct{ Scale, Translate [2]float64 }
	Arcs      [][][2]float64
	Objects   struct {
		Countries struct{ Geometries []geometry }
	}
}

// geometry is a country: a Polygon or a MultiPolygon of arcs, by their number,
// ~n for the arc n backwards.
type geometry struct {
	Type       string
	ID         string
	Arcs       json.RawMessage
	Properties struct{ Name string }
}

// width is how many units the map is wide. Arcs are simplified to what can be
// seen on a map of that many pixels.
const width, seen = 2000, 3.0

func run(in, out string) error {
	text, err := os.ReadFile(in)
	if err != nil {
		return err
	}
	var t topology
	if err := json.Unmarshal(text, &t); err != nil {
		return err
	}
	arcs := t.simplified()
	codes := alpha2()
	outlines := map[string][]outline{}
	for _, g := range t.Objects.Countries.Geometries {
		code := codes[g.ID]
		switch g.Properties.Name {
		case "Kosovo":
			code = "XK"
		case "N. Cyprus":
			code = "CY"
		case "Somaliland":
			code = "SO"
		case "Antarctica", "Siachen Glacier", "Indian Ocean Ter.":
			continue
		}
		if code == "" {
			return fmt.Errorf("no code for %s (%s)", g.Properties.Name, g.ID)
		}
		rings, err := g.rings(arcs)
		if err != nil {
			return err
		}
		for _, r := range rings {
			for _, part := range onMap(r) {
				outlines[code] = append(outlines[code], written(part))
			}
		}
	}
	return write(out, outlines)
}

// alpha2 are the codes by the UN's numbers, which ISO 3166-1 shares.
func alpha2() map[string]string {
	codes := map[string]string{}
	for _, r := range language.Supported.Regions() {
		if r.IsCountry() && r.M49() != 0 && len(r.String()) == 2 && r.Canonicalize() == r {
			codes[fmt.Sprintf("%03d", r.M49())] = r.String()
		}
	}
	return codes
}

// simplified are the arcs in degrees, without the points that nobody would see
// on the map. Neighbours share arcs, so that no gap opens between them. An arc
// across the 180th meridian goes on beyond it.
func (t *topology) simplified() []orb.LineString {
	arcs := make([]orb.LineString, len(t.Arcs))
	for i, arc := range t.Arcs {
		var x, y float64
		line := make(orb.LineString, 0, len(arc))
		for _, d := range arc {
			x, y = x+d[0], y+d[1]
			at := orb.Point{x*t.Transform.Scale[0] + t.Transform.Translate[0], y*t.Transform.Scale[1] + t.Transform.Translate[1]}
			if len(line) > 0 {
				at[0] = near(at[0], line[len(line)-1][0])
			}
			line = append(line, at)
		}
		arcs[i] = thin(line)
	}
	return arcs
}

// near is the longitude x counted so that it is next to another.
func near(x, to float64) float64 { return x - 360*math.Round((x-to)/360) }

// thin simplifies a line by how it looks on the map.
func thin(line orb.LineString) orb.LineString {
	flat := make(orb.LineString, len(line))
	index := map[orb.Point]int{}
	for i, at := range line {
		flat[i] = equalEarth(at)
		index[flat[i]] = i
	}
	closed := line[0] == line[len(line)-1]
	short := simplify.VisvalingamThreshold(seen).LineString(flat)
	if closed && len(short) < 4 {
		return line // an island: kept or dropped as a whole, by its area
	}
	out := make(orb.LineString, len(short))
	for i, at := range short {
		out[i] = line[index[at]]
	}
	if closed {
		out[0] = line[0]
	}
	return out
}

// onMap are the parts of an outline in degrees on the map: one that reaches
// across the 180th meridian is cut there.
func onMap(ring orb.LineString) (parts []orb.LineString) {
	for _, turn := range []float64{-360, 0, 360} {
		moved := project.Ring(orb.Ring(slices.Clone(ring)), func(at orb.Point) orb.Point { return orb.Point{at[0] + turn, at[1]} })
		cut := clip.Ring(orb.Bound{Min: orb.Point{-180, -90}, Max: orb.Point{180, 90}}, moved)
		if len(cut) < 4 {
			continue
		}
		parts = append(parts, project.LineString(orb.LineString(cut), equalEarth))
	}
	if len(parts) == 0 { // an island that is a point by now
		parts = []orb.LineString{{equalEarth(orb.Point{near(ring[0][0], 0), ring[0][1]})}}
	}
	return parts
}

// equalEarth projects degrees (Šavrič, Patterson and Jenny 2018): areas compare
// as they do on the globe, which a map of numbers needs.
func equalEarth(at orb.Point) orb.Point {
	const a1, a2, a3, a4 = 1.340264, -0.081106, 0.000893, 0.003796
	theta := math.Asin(math.Sqrt(3) / 2 * math.Sin(at[1]*math.Pi/180))
	t2 := theta * theta
	t6 := t2 * t2 * t2
	x := at[0] * math.Pi / 180 * math.Cos(theta) / (math.Sqrt(3) / 2 * (a1 + 3*a2*t2 + t6*(7*a3+9*a4*t2)))
	y := theta * (a1 + a2*t2 + t6*(a3+a4*t2))
	const half = 2.7066297 // x of 180 degrees at the equator
	return orb.Point{(x + half) / (2 * half) * width, (1.3173627 - y) / (2 * half) * width}
}

// rings are a country's outlines.
func (g geometry) rings(arcs []orb.LineString) ([]orb.LineString, error) {
	polygons := make([][][]int, 1)
	var err error
	switch g.Type {
	case "Polygon":
		err = json.Unmarshal(g.Arcs, &polygons[0])
	case "MultiPolygon":
		err = json.Unmarshal(g.Arcs, &polygons)
	default:
		err = errors.New("a geometry of type " + g.Type)
	}
	if err != nil {
		return nil, err
	}
	var rings []orb.LineString
	for _, p := range polygons {
		for _, parts := range p {
			var ring orb.LineString
			for _, n := range parts {
				arc := arcs[max(n, ^n)]
				if n < 0 {
					arc = slices.Clone(arc)
					slices.Reverse(arc)
				}
				turn := 0.
				if len(ring) > 0 {
					turn = near(arc[0][0], ring[len(ring)-1][0]) - arc[0][0]
					arc = arc[1:]
				}
				for _, at := range arc {
					ring = append(ring, orb.Point{at[0] + turn, at[1]})
				}
			}
			rings = append(rings, ring)
		}
	}
	return rings, nil
}

// smallest is the area in square units below which an island is left out.
const smallest = 5

// written is an outline in whole units: a point, then steps. An island too small
// to see is left out; the country stays as a place, if it has no larger one.
func written(ring orb.LineString) outline {
	var b strings.Builder
	x, y := 0, 0
	n := 0
	for i, p := range ring[:len(ring)-1] {
		px, py := int(math.Round(p[0])), int(math.Round(p[1]))
		if i > 0 && px == x && py == y {
			continue
		}
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(strconv.Itoa(px-x) + " " + strconv.Itoa(py-y))
		x, y = px, py
		n++
	}
	if n < 3 || area(ring) < smallest {
		return outline{fmt.Sprintf("@%.0f %.0f", ring[0][0], ring[0][1]), math.Round(10*area(ring)) / 10, true} // of islands alike the first counts
	}
	return outline{b.String(), area(ring), false}
}

// outline is a written one; a small one is a point.
type outline struct {
	text  string
	area  float64
	small bool
}

// area is an outline's area in square units.
func area(ring orb.LineString) (sum float64) {
	for i, p := range ring {
		q := ring[(i+1)%len(ring)]
		sum += p[0]*q[1] - q[0]*p[1]
	}
	return math.Abs(sum) / 2
}

// write writes a line for each country: its code and its outlines. Of places too
// small to have an outline one stays, where there is nothing else.
func write(out string, outlines map[string][]outline) error {
	var b strings.Builder
	for _, code := range slices.Sorted(maps.Keys(outlines)) {
		var texts []string
		place, most := "", -1.0
		for _, o := range outlines[code] {
			switch {
			case !o.small:
				texts = append(texts, o.text)
			case o.area > most:
				place, most = o.text, o.area
			}
		}
		if len(texts) == 0 {
			texts = []string{place}
		}
		b.WriteString(code + "\t" + strings.Join(texts, "\t") + "\n")
	}
	return os.WriteFile(out, []byte(b.String()), 0o644)
}
