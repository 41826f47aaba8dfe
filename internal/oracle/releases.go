package oracle

import (
	"slices"

	"clickql/internal/cube"
)

// releaseOf is the releases of the data's versions, by hand.
var releaseOf = map[string]map[string]string{
	"MAJOR": {"1.0": "1", "1.1": "1", "1.10": "1", "2.0": "2", "2.0rc1": "2", "2.1.dev3": "2"},
	"MINOR": {"1.0": "1.0", "1.1": "1.1", "1.10": "1.10", "2.0": "2.0", "2.0rc1": "2.0", "2.1.dev3": "2.1"},
}

// byRelease is what the field must give.
func (d *Data) byRelease(s Slice, f field) []any {
	list := d.Releases(s, f.level, f.first, f.others)
	for _, one := range list {
		release := one.(map[string]any)
		if len(f.below) > 0 {
			var versions []string
			for _, v := range release["versions"].([]any) {
				versions = append(versions, v.(string))
			}
			release["downloads"] = d.Answers(s.With(cube.Version, versions...), f.below)
		}
	}
	return list
}

// Releases is what byRelease gives without anything below: the totals by month
// as the series.
func (d *Data) Releases(s Slice, level string, first int, others bool) []any {
	versions, whole := s.Split(cube.Version, 1000, false)
	totals := map[string]int{}
	of := map[string][]any{}
	for _, v := range versions {
		release := releaseOf[level][v.Value.(string)]
		totals[release] += v.Total
		of[release] = append(of[release], v.Value)
	}
	names, out := ranked(totals), []any{}
	group := func(release any, label string, total int, versions []any) {
		list := make([]string, len(versions))
		for i, v := range versions {
			list[i] = v.(string)
		}
		in := s.With(cube.Version, list...)
		one := map[string]any{"level": level, "release": release, "label": label, "total": total, "share": float64(total) / float64(whole),
			"versions": versions, "series": map[string]any{"totals": in.Series(d, "MONTH")["totals"]}}
		out = append(out, one)
	}
	shown := names[:min(first, len(names))]
	for _, name := range shown {
		group(name, name, totals[name], of[name])
	}
	if rest := names[len(shown):]; others && len(rest) > 0 {
		total, list := 0, []any{}
		for _, v := range versions { // in their order
			if slices.Contains(rest, releaseOf[level][v.Value.(string)]) {
				total += v.Total
				list = append(list, v.Value)
			}
		}
		group(nil, "Other", total, list)
	}
	return out
}
