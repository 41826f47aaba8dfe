package main

import (
	"fmt"
	"strings"
	"testing"

	"clickql/internal/cube"
)

func testVariants(t *testing.T) []variant {
	t.Helper()
	var names []string
	for i := range variants * peers {
		names = append(names, fmt.Sprintf("p'%d", i))
	}
	day, err := cube.ParseDay("2026-10-31")
	if err != nil {
		t.Fatal(err)
	}
	list, err := variantsOf(names, cube.Range{From: day - 399, To: day})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// TestStatementsAreComplete: no placeholder is left over or misspelt.
func TestStatementsAreComplete(t *testing.T) {
	v := testVariants(t)[3]
	for _, o := range operations() {
		for _, sql := range statementsFor(o.sql, v) {
			if strings.ContainsAny(sql, "{}") || strings.Contains(sql, "p'3'") {
				t.Errorf("%s: %s", o.name, sql)
			}
		}
		if len(o.sql) == 0 || (o.query == "") == (o.path == "") {
			t.Errorf("%s lacks its SQL, or is not either of a document and a path", o.name)
		}
	}
}

// TestVariantsShareNothing: while each of 64 clients asks another variant, no
// answer can serve two of them.
func TestVariantsShareNothing(t *testing.T) {
	list := testVariants(t)
	for _, o := range operations() {
		seen := map[string]int{}
		for i, v := range list {
			request, err := o.request(v)
			if err != nil {
				t.Fatal(err)
			}
			if before, ok := seen[string(request)]; ok {
				t.Errorf("%s asks the same as variants %d and %d", o.name, before, i)
			}
			seen[string(request)] = i
		}
	}
	compared := map[string]bool{}
	for _, v := range list {
		if len(v.projects) != peers {
			t.Errorf("%d projects are compared, want %d", len(v.projects), peers)
		}
		for _, p := range v.projects {
			if compared[p] {
				t.Errorf("%s is in two comparisons", p)
			}
			compared[p] = true
		}
	}
}
