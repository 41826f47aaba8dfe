package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
)

// agree fails where the gateway's answer lacks a number that the hand-written
// SQL gives: what answers differently cannot be compared by time.
func (s *servingRun) agree(ctx context.Context, o operation) error {
	if o.query == "" {
		return nil // a picture shows rounded numbers
	}
	for _, v := range s.variants[:2] {
		body, err := s.warm.answer(ctx, o, v)
		if err != nil {
			return err
		}
		have := map[string]int{}
		decoder := json.NewDecoder(strings.NewReader(string(body)))
		decoder.UseNumber()
		var data any
		if err := decoder.Decode(&data); err != nil {
			return fmt.Errorf("read the answer to %s: %w", o.name, err)
		}
		countNumbers(data, have)
		var missing []int64
		err = s.hand.run(ctx, o.statements(v), func(n int64) {
			if key := fmt.Sprint(n); have[key] > 0 {
				have[key]--
			} else {
				missing = append(missing, n)
			}
		})
		if err != nil {
			return err
		}
		if len(missing) > 0 {
			return fmt.Errorf("%s of %s: the SQL gives %d numbers that the gateway does not, such as %d: %.300s", o.name, v.project, len(missing), missing[0], body)
		}
	}
	return nil
}

// countNumbers counts each number in a JSON value.
func countNumbers(v any, into map[string]int) {
	switch v := v.(type) {
	case json.Number:
		into[v.String()]++
	case []any:
		for _, e := range v {
			countNumbers(e, into)
		}
	case map[string]any:
		for _, e := range v {
			countNumbers(e, into)
		}
	}
}
