package verify

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"clickql/ingest/count"
	"clickql/internal/cube"
)

// The bounds of what is said about downloads of the wrong projects.
const (
	namedPeriods  = 5 // of a table, of which projects are named
	namedProjects = 3
)

// compareProjects reports the periods of which the table just compared holds as many
// downloads as it should, but of other projects: counts that were swapped between
// projects within a day.
func (v *verifier) compareProjects(ctx context.Context, c count.Table, counts count.Counts, found, inRaw count.Digests) error {
	if found == nil {
		return nil
	}
	wrong := map[cube.Day]bool{} // in number, and so reported already
	for _, d := range v.out.Differences {
		if d.table == c.ID.Table && d.Grain == c.Grain {
			wrong[d.at] = true
		}
	}
	want, rawFold := v.expectProjects(c, inRaw), inRaw.Fold(c.Grain)
	if isRaw := c.Count == "count()"; isRaw || !v.whole {
		// What the raw table lacks on purpose it does not tell of.
		for d := range v.retired {
			if p := c.Grain.Period(d); isRaw || v.source.Days[d] == nil || c.Grain != count.ByDay {
				delete(want, p)
			}
		}
	}
	check := &v.out.Tables[len(v.out.Tables)-1]
	named := 0
	for _, p := range slices.Sorted(maps.Keys(want)) {
		if found[p] == want[p] || wrong[p] {
			continue
		}
		verdict := verdictOn{CauseKeys, "as many downloads as at the source, but of other projects", nil}
		switch isRaw := c.Count == "count()"; {
		case !isRaw && found[p] == rawFold[p]:
			verdict = verdictOn{CauseAsRaw, "it agrees with the raw table, which differs from the source", nil}
		case !isRaw:
			verdict.words = "as many downloads as in the raw table, but counted for other projects"
			if named++; named > namedPeriods {
				break
			}
			names, err := v.nameProjects(ctx, c, p)
			if err != nil {
				return err
			}
			verdict.words += names
		}
		n := counts.Counts[p]
		v.differ(c, count.Difference{Period: c.Grain.Write(p), At: p, A: n, B: n}, p, verdict, evidence{table: c, raw: c.Count == "count()"}.mends(p, verdict.cause))
		check.Differing++
	}
	return nil
}

// expectProjects is what a table's digests should be; see expect and expectFor.
func (v *verifier) expectProjects(c count.Table, inRaw count.Digests) count.Digests {
	if c.Grain != count.ByDay && !v.whole {
		return inRaw.Fold(c.Grain)
	}
	want := count.Digests{}
	if !v.whole {
		maps.Copy(want, inRaw)
	}
	for d, of := range v.source.Days {
		want[d] = of.Projects
	}
	return want.Fold(c.Grain)
}

// nameProjects names some of the projects.
func (v *verifier) nameProjects(ctx context.Context, c count.Table, p cube.Day) (string, error) {
	found, err := v.tables.Misplaced(ctx, c, p, namedProjects)
	names := make([]string, len(found))
	for i, m := range found {
		names[i] = fmt.Sprintf("%s (%d and should have %d)", m.Project, m.Has, m.Should)
	}
	if len(names) == 0 {
		return "", err
	}
	return ", such as " + strings.Join(names, ", "), err
}
