package graph

import (
	"fmt"
	"strings"
	"testing"

	"clickql/internal/cube"
)

// Downloads can be filtered on and split by every dimension: where no table has
// it, that is what the error is about.
func TestEveryDimensionFiltersAndSplits(t *testing.T) {
	snap := knownData(t)
	snap.Tables[0].Dims = map[cube.Dimension]bool{cube.Project: true}
	h := handlerOn(t, fixed{snap: snap}, Limits{}, nil)
	for _, d := range cube.OfProject {
		for asked, about := range map[string]string{
			fmt.Sprintf(`downloads(filter: {%s: {eq: "x"}}) { total }`, d.FilterField()): "filtered by " + string(d),
			fmt.Sprintf(`downloads { by(dimension: %s) { total } }`, d):                  "by " + string(d),
		} {
			r := post(t, h, `{ project(name: "numpy") { `+asked+` } }`, nil, nil)
			if len(r.Errors) != 1 || r.Errors[0].code() != "UNCOVERED" || !strings.Contains(r.Errors[0].Message, about) {
				t.Errorf("%s: %s", asked, r.body)
			}
		}
	}
}
