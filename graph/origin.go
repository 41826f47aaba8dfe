package graph

import (
	"crypto/sha256"
	"encoding/json"
	"maps"
	"slices"
	"sync"

	"clickql/graph/rounds"
	"clickql/internal/cube"
)

// origin is what led to an object: arguments as they were given, in canonical
// form, and then steps from one object to the next. It says what was asked and
// nothing of the data, so that an object has the same id tomorrow.
type origin struct {
	parent *origin
	step   []any // from parent; the arguments where there is none

	once sync.Once
	memo string
}

// from is the origin with the arguments.
func from(arguments any) *origin { return &origin{step: []any{arguments}} }

// then is the origin of what a step leads to.
func (o *origin) then(step ...any) *origin { return &origin{parent: o, step: step} }

// text is the origin as JSON values with commas between them.
func (o *origin) text() string {
	o.once.Do(func() {
		if o.parent == nil {
			b, _ := json.Marshal(o.step[0]) // texts, numbers, lists and maps
			o.memo = string(b)
			return
		}
		b, _ := json.Marshal(o.step)
		o.memo = o.parent.text() + "," + string(b)
	})
	return o.memo
}

// id is an id for the object of the type that it leads to: a hash.
func (o *origin) id(typeName string) string {
	sum := sha256.Sum256([]byte(o.text()))
	return opaque.EncodeToString(append([]byte(typeName+"#"), sum[:18]...))
}

// part is the arguments range and filter: what they leave of the cube, over all
// projects, and how they were given.
type part struct {
	rounds.Slice
	days, filter map[string]any
}

// origin is that of the part's slice of projects; of all where names is nil.
func (p part) origin(names []string) *origin {
	root := map[string]any{}
	if names != nil {
		root["projects"] = slices.Compact(slices.Sorted(slices.Values(names)))
	}
	return p.under(root)
}

// under is the origin of the part of what root tells.
func (p part) under(root map[string]any) *origin {
	if days := canonicalRange(p.days); len(days) > 0 {
		root["range"] = days
	}
	if filter := canonicalFilter(p.filter); len(filter) > 0 {
		root["filter"] = filter
	}
	return from(root)
}

// canonicalRange is a DateRange without what says nothing.
func canonicalRange(given map[string]any) map[string]any {
	out := map[string]any{}
	for _, name := range []string{"from", "to"} {
		if d := optional[cube.Day](given, name); d != nil {
			out[name] = d.String()
		}
	}
	if n := optional[int](given, "last"); n != nil {
		out["last"] = *n
		if unit := argument[string](given, "unit"); unit != "" && unit != string(cube.Daily) {
			out["unit"] = unit
		}
	}
	return out
}

// canonicalFilter is a DownloadsFilter without what says nothing, lists sorted.
func canonicalFilter(given map[string]any) map[string]any {
	out := map[string]any{}
	for name, value := range given {
		switch v := value.(type) {
		case bool:
			if v != defaultOf[name] {
				out[name] = v
			}
		case map[string]any:
			if v := canonicalValues(v); v != nil {
				out[name] = v
			}
		}
	}
	return out
}

// defaultOf are the defaults of a DownloadsFilter's booleans.
var defaultOf = map[string]bool{"mirrors": true, "human": false}

// canonicalValues is a ValueFilter or VersionFilter; nil where it says nothing.
func canonicalValues(given map[string]any) map[string]any {
	for _, name := range []string{"in", "notIn"} {
		if list := textsOf(given, name); list != nil {
			if len(list) == 0 && name == "notIn" {
				return nil
			}
			return map[string]any{name: slices.Compact(slices.Sorted(slices.Values(list)))}
		}
	}
	if eq := optional[string](given, "eq"); eq != nil {
		return map[string]any{"in": []string{*eq}}
	}
	return maps.Clone(given)
}
