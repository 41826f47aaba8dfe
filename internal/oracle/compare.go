package oracle

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
)

// Refusal is an error of a response: its code, and its path as JSON.
type Refusal struct {
	Code string
	Path []any
}

// Differences lists where a response's data is not what it must be. A null that
// an error explains, at its place or below, is no difference.
func Differences(want, got any, errors []Refusal) []string {
	c := comparison{errors: errors}
	c.compare(nil, plain(want), plain(got))
	return c.found
}

// comparison is one run of Differences.
type comparison struct {
	errors []Refusal
	found  []string
}

func (c *comparison) differ(path []any, format string, args ...any) {
	if c.found = append(c.found, fmt.Sprint(path, ": ", fmt.Sprintf(format, args...))); len(c.found) > 20 {
		c.found = c.found[:20]
	}
}

func (c *comparison) compare(path []any, want, got any) {
	if got == nil && want != nil && slices.ContainsFunc(c.errors, func(e Refusal) bool { return below(path, e.Path) }) {
		return
	}
	switch want := want.(type) {
	case map[string]any:
		object, ok := got.(map[string]any)
		if !ok {
			c.differ(path, "counted %s, answered %s", brief(want), brief(got))
			return
		}
		for key := range object {
			if _, ok := want[key]; !ok {
				c.differ(append(slices.Clone(path), key), "not asked for")
			}
		}
		for key, value := range want {
			c.compare(append(slices.Clone(path), key), value, object[key])
		}
	case []any:
		list, ok := got.([]any)
		if !ok || len(list) != len(want) {
			c.differ(path, "counted %s, answered %s", brief(want), brief(got))
			return
		}
		for i := range want {
			c.compare(append(slices.Clone(path), i), want[i], list[i])
		}
	case float64:
		if n, ok := got.(float64); !ok || math.Abs(n-want) > 1e-12*max(math.Abs(n), math.Abs(want)) {
			c.differ(path, "counted %v, answered %v", want, got)
		}
	default:
		if want != got {
			c.differ(path, "counted %v, answered %v", want, got)
		}
	}
}

// below reports that the error's path begins with the path.
func below(path, err []any) bool {
	return len(err) >= len(path) && fmt.Sprint(err[:len(path)]...) == fmt.Sprint(path...)
}

// plain is the value as JSON has it.
func plain(v any) (out any) {
	b, err := json.Marshal(v)
	if err == nil {
		err = json.Unmarshal(b, &out)
	}
	if err != nil {
		panic(err)
	}
	return out
}

// brief writes a value in a line.
func brief(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	const most = 300
	if len(b) > most {
		return string(b[:most]) + "..."
	}
	return strings.TrimSpace(string(b))
}
