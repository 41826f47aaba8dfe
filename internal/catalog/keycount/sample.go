package keycount

import (
	"cmp"
	"context"
	"hash/fnv"
	"math"
	"math/bits"
	"slices"

	"clickql/internal/catalog"
	"clickql/internal/cube"
)

// perStratum bounds the projects that are looked at of those of one size.
const perStratum = 48

// stratum is projects of about the same size.
type stratum struct {
	projects float64    // how many there are
	chosen   []string   // those that are looked at
	rows     float64    // about what each has in the table
	seen     cube.Range // the days that are looked at
}

// strata chooses projects of every size, so that each size costs about the same.
func (c *keyCounter) strata() []stratum {
	ix := c.snap.Projects
	var bySize [65][]int
	for i := range ix.Len() {
		b := bits.Len64(uint64(max(ix.At(i).Total, 0)))
		bySize[b] = append(bySize[b], i)
	}
	sizes := 0
	for _, of := range bySize {
		sizes += min(1, len(of))
	}
	share := c.budget / float64(sizes)
	var out []stratum
	for _, of := range bySize {
		if len(of) == 0 {
			continue
		}
		var sum float64
		for _, i := range of {
			sum += c.rowsOf(ix.At(i).Total)
		}
		s := stratum{projects: float64(len(of)), rows: max(1, sum/float64(len(of)))}
		s.seen = c.newest(share / s.rows)
		n := min(len(of), perStratum, max(1, int(share/s.rows)))
		slices.SortFunc(of, func(a, b int) int { return cmp.Compare(drawOf(ix.At(a).Name), drawOf(ix.At(b).Name)) })
		for _, i := range of[:n] {
			s.chosen = append(s.chosen, ix.At(i).Name)
		}
		out = append(out, s)
	}
	return out
}

// rowsOf is about how many rows a project of so many downloads has.
func (c *keyCounter) rowsOf(downloads int64) float64 {
	n, k := float64(max(downloads, 0)), c.from.KeySpace
	if c.from.Raw || k <= 0 {
		return n
	}
	return k * -math.Expm1(-n/k)
}

// drawOf orders names at random, always in the same way.
func drawOf(name string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name)) // never fails
	// The last bytes of a name reach few bits of the sum: spread them.
	x := h.Sum64()
	x ^= x >> 32
	x *= 0x9e3779b97f4a7c15
	return x ^ x>>29
}

// sample counts in a sample of projects.
func (c *keyCounter) sample(ctx context.Context) error {
	strata := c.strata()
	var single, global []int
	for i, k := range c.keys {
		if slices.Contains(k.Dims, cube.Project) {
			single = append(single, i)
		} else {
			global = append(global, i)
		}
	}
	if err := c.byProject(ctx, strata, single); err != nil {
		return err
	}
	return c.overall(ctx, strata, global)
}

// byProject infers the size of keys with the project: each project adds its own
// rows.
func (c *keyCounter) byProject(ctx context.Context, strata []stratum, which []int) error {
	if len(which) == 0 {
		return nil
	}
	variance := make([]float64, len(which))
	for _, s := range strata {
		found, err := c.rowsByProject(ctx, s, which)
		if err != nil {
			return err
		}
		for j, i := range which {
			mean, spread := moments(found[j], len(s.chosen))
			rows, atLeast := c.scaled(mean, c.keys[i].Grain, s.seen)
			c.out[i].Rows += s.projects * rows
			c.out[i].AtLeast = c.out[i].AtLeast || atLeast
			n := float64(len(s.chosen))
			variance[j] += math.Pow(s.projects*rows/max(mean, 1e-9), 2) * spread / n * (1 - n/s.projects)
		}
	}
	for j, i := range which {
		if c.out[i].Rows > 0 {
			c.out[i].Error = math.Hypot(sketchError, math.Sqrt(variance[j])/c.out[i].Rows)
		}
	}
	return nil
}

// moments are the mean and the variance of n figures, of which zeros are left
// out. One figure alone is taken to lie within a half.
func moments(found []float64, n int) (mean, variance float64) {
	for _, x := range found {
		mean += x / float64(n)
	}
	if n == 1 {
		return mean, mean * mean / 4
	}
	for _, x := range found {
		variance += (x - mean) * (x - mean)
	}
	variance += float64(n-len(found)) * mean * mean
	return mean, variance / float64(n-1)
}

// rowsByProject counts keys for each chosen project, by key.
func (c *keyCounter) rowsByProject(ctx context.Context, s stratum, which []int) ([][]float64, error) {
	keys := make([]catalog.Key, len(which))
	for j, i := range which {
		k := c.keys[i]
		k.Dims = slices.DeleteFunc(slices.Clone(k.Dims), func(d cube.Dimension) bool { return d == cube.Project })
		keys[j] = k
	}
	p := map[string]any{"projects": s.chosen}
	sql := "SELECT " + c.counts(keys) + " FROM " + c.from.SQL() + " WHERE project IN {projects:Array(String)}" + c.within(s.seen, p) + " GROUP BY project"
	out := make([][]float64, len(which))
	err := c.db.Each(ctx, sql, p, func(row func(...any) error) error {
		var found []uint64
		if err := row(&found); err != nil {
			return err
		}
		for j, n := range found {
			out[j] = append(out[j], float64(n))
		}
		return nil
	})
	return out, err
}

// overall counts keys without the project, in the rows of all that were chosen,
// over the newest days that the budget allows. The largest projects are among
// them, which show nearly every value.
func (c *keyCounter) overall(ctx context.Context, strata []stratum, which []int) error {
	if len(which) == 0 {
		return nil
	}
	var names []string
	var rows float64
	for _, s := range strata {
		names, rows = append(names, s.chosen...), rows+float64(len(s.chosen))*s.rows
	}
	keys := make([]catalog.Key, len(which))
	for j, i := range which {
		keys[j] = c.keys[i]
	}
	seen := c.newest(c.budget / rows)
	p := map[string]any{"projects": names}
	var found []uint64
	sql := "SELECT " + c.counts(keys) + " FROM " + c.from.SQL() + " WHERE project IN {projects:Array(String)}" + c.within(seen, p)
	if err := c.db.Row(ctx, sql, p, &found); err != nil {
		return err
	}
	for j, i := range which {
		n, _ := c.scaled(float64(found[j]), c.keys[i].Grain, seen)
		*c.out[i] = catalog.KeyCount{Rows: n, Error: sketchError, AtLeast: true}
	}
	return nil
}
