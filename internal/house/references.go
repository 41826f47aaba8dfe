package main

import (
	"go/ast"
	"go/token"
	"slices"
)

// references says for each pair of files of a room how many package-level names
// of the second stand in the first.
type references [][]int

// references are counted by the names that the parser cannot resolve within their
// file: no local variable, no field and nothing of another package has such a name.
// Constants as keys of maps are missed, as syntax alone does not tell them from fields.
func (r room) references() references {
	declared := map[string][]int{} // by name; files for some systems only may share one
	for i, f := range r.files {
		for _, name := range packageLevel(f.syntax) {
			declared[name] = append(declared[name], i)
		}
	}
	count := make(references, len(r.files))
	for i, f := range r.files {
		count[i] = make([]int, len(r.files))
		seen := map[string]bool{}
		for _, id := range f.syntax.Unresolved {
			if seen[id.Name] {
				continue
			}
			seen[id.Name] = true
			for _, j := range declared[id.Name] {
				count[i][j]++
			}
		}
	}
	return count
}

// packageLevel are the names that a file declares for its whole package.
func packageLevel(syntax *ast.File) []string {
	var names []string
	add := func(id *ast.Ident) {
		if id.Name != "_" {
			names = append(names, id.Name)
		}
	}
	for _, d := range syntax.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Recv == nil {
				add(d.Name)
			}
		case *ast.GenDecl:
			if d.Tok == token.IMPORT {
				continue
			}
			for _, spec := range d.Specs {
				switch spec := spec.(type) {
				case *ast.TypeSpec:
					add(spec.Name)
				case *ast.ValueSpec:
					for _, id := range spec.Names {
						add(id)
					}
				}
			}
		}
	}
	return names
}

// names is how many names stand in files that do not declare them, once for
// each pair of files.
func (r references) names() int {
	n := 0
	for _, row := range r {
		for _, c := range row {
			n += c
		}
	}
	return n
}

// pairs are the references without their number: one for each file that uses
// anything of another.
func (r references) pairs() references {
	pairs := make(references, len(r))
	for i, row := range r {
		pairs[i] = make([]int, len(row))
		for j, c := range row {
			pairs[i][j] = min(c, 1)
		}
	}
	return pairs
}

// perFile is how many others a file refers to, in the mean.
func (r references) perFile() float64 {
	return float64(r.pairs().names()) / float64(len(r))
}

// back is the share that runs backwards in the best order of the files that
// moving one file at a time finds.
func (r references) back() float64 {
	total := r.names()
	if total == 0 {
		return 0
	}
	order := r.layers()
	for r.improve(order) {
		continue
	}
	return float64(r.against(order)) / float64(total)
}

// layers orders the files by what they use more than they are used: a start.
func (r references) layers() []int {
	excess := make([]int, len(r))
	order := make([]int, len(r))
	for i, row := range r {
		order[i] = i
		for j, c := range row {
			excess[i] += c
			excess[j] -= c
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return excess[b] - excess[a] })
	return order
}

// improve moves the first file that has a better place to the best one, and
// says whether there was any.
func (r references) improve(order []int) bool {
	for from, f := range order {
		best, place, gain := 0, from, 0
		for to := from - 1; to >= 0; to-- { // over order[to]: its references to f turn
			if gain += r[f][order[to]] - r[order[to]][f]; gain > best {
				best, place = gain, to
			}
		}
		gain = 0
		for to := from + 1; to < len(order); to++ {
			if gain += r[order[to]][f] - r[f][order[to]]; gain > best {
				best, place = gain, to
			}
		}
		if place != from {
			moved := slices.Insert(slices.Delete(slices.Clone(order), from, from+1), place, f)
			copy(order, moved)
			return true
		}
	}
	return false
}

// against counts the references from later files to earlier ones.
func (r references) against(order []int) int {
	n := 0
	for at, f := range order {
		for _, earlier := range order[:at] {
			n += r[f][earlier]
		}
	}
	return n
}
