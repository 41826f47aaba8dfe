package main

import (
	"context"
	"fmt"
	"slices"

	"clickql/internal/coverage"
)

// guessed counts queries by the rows that they read over those that were expected.
type guessed struct{ queries, fewer, within, more int }

// estimatedPlaces are the places in the ranking of the projects whose questions'
// estimates are compared; not those that the catalog looks up.
func estimatedPlaces() []int { return []int{0, 20, 200, 2000} }

// compareEstimates runs every kind of question with up to two filters about projects
// of several sizes, and about all, and compares the rows that were read with those that
// the planner expected.
func (b *bench) compareEstimates(ctx context.Context, s *tableSet) (g guessed, err error) {
	snap, _, err := b.covered(ctx, s.conn)
	if err != nil {
		return g, err
	}
	b.say("comparing estimates")
	questions := slices.Concat(coverage.OfAll(), coverage.OfLater(true), coverage.OfLists())
	for _, place := range estimatedPlaces() {
		about, err := ranked(ctx, s.conn, snap, place)
		if err != nil {
			return g, err
		}
		questions = slices.Concat(questions, coverage.OfProject(), coverage.OfLater(false), coverage.OfFilters(2))
		for _, a := range coverage.Answers(snap, about, questions) {
			rows, err := rowsOfAnswer(ctx, s.conn, a)
			if err != nil {
				return g, fmt.Errorf("%s: %w", a.Question, err)
			}
			g.queries++
			switch over := float64(rows) / a.Rows; {
			case over < 0.5:
				g.fewer++
			case over > 2:
				g.more++
			default:
				g.within++
			}
		}
		questions = nil
	}
	return g, nil
}

// reportEstimates writes how well the planner knew, as loaded and merged.
func (b *bench) reportEstimates(fresh, merged guessed) {
	b.report.heading(2, "Estimates")
	b.report.para("Rows read over the rows that the planner expected, by question: all of those above and those with two filters, about projects at the places %v of the ranking.", estimatedPlaces())
	var lines [][]string
	for _, of := range []struct {
		name string
		guessed
	}{{"as loaded", fresh}, {"merged", merged}} {
		share := func(n int) string { return fmt.Sprintf("%.1f %%", 100*float64(n)/float64(of.queries)) }
		lines = append(lines, []string{of.name, fmt.Sprint(of.queries), share(of.fewer), share(of.within), share(of.more)})
	}
	b.report.table([]string{"", "questions", "less than half", "half to twice", "more than twice"}, lines)
}
