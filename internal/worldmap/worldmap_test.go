package worldmap

import (
	"testing"

	"clickql/internal/country"
)

// TestCountries: the file can be read to its end, every code is a country's, and
// the outlines lie on the map. What large countries lack is a fault of the file.
func TestCountries(t *testing.T) {
	all := Countries()
	points := map[string]int{}
	for _, c := range all {
		if country.Name(c.Code) == "" {
			t.Errorf("%q is no country", c.Code)
		}
		for _, o := range c.Outlines {
			points[c.Code] += len(o)
			for _, p := range o {
				if p.X < 0 || p.X > Width || p.Y < Top || p.Y > Bottom {
					t.Fatalf("%s: %v is beyond the map", c.Code, p)
				}
			}
			for i := range o[1:] { // no line runs across the whole map
				if d := int(o[i+1].X) - int(o[i].X); d > 400 || d < -400 {
					t.Errorf("%s: a line from %v to %v", c.Code, o[i], o[i+1])
				}
			}
		}
	}
	if len(all) < 230 {
		t.Errorf("%d countries", len(all))
	}
	for code, least := range map[string]int{"RU": 300, "US": 200, "BR": 40, "DE": 20, "SG": 1, "HK": 1, "XK": 4, "FJ": 4} {
		if points[code] < least {
			t.Errorf("%s has %d points", code, points[code])
		}
	}
}
