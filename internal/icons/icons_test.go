package icons

import (
	"testing"

	"clickql/internal/draw"
)

// TestIconsCanBeDrawn: every icon's path data can be read.
func TestIconsCanBeDrawn(t *testing.T) {
	if len(all()) < 3000 {
		t.Fatalf("%d icons", len(all()))
	}
	for slug, data := range all() {
		if p, err := draw.ParsePath(data); err != nil || p.Empty() {
			t.Errorf("%s: %v", slug, err)
		}
	}
	if _, ok := Path("no-such-icon"); ok {
		t.Error("an icon that is none")
	}
}
