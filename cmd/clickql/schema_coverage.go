package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"clickql/internal/catalog"
	"clickql/internal/coverage"
)

func newSchemaCoverageCommand(a *app) *cobra.Command {
	var asJSON bool
	var filters int
	cmd := &cobra.Command{
		Use:   "coverage [PROJECT]",
		Short: "Say which table answers which kind of question",
		Long: `Plans every kind of question about the newest 90 days of a project, the most
downloaded one where none is named, and of all of PyPI: a series or a split by one
dimension, of everything, of one value of another dimension, or without mirrors; and
what ranks projects.
With --filters 2 or 3 also those of one value each of so many dimensions at once.
For each it names the table that would be read and about how many rows of it, and
whether only the raw table has what is asked. Nothing is queried but the catalog.`,
		Example: "  clickql schema coverage\n  clickql schema coverage boto3 --filters 2 --json",
		Args:    arguments("PROJECT", 0, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if filters < 1 || filters > mostFilters {
				return usagef("--filters %d: it must be 1 to %d", filters, mostFilters)
			}
			return a.schemaCoverage(cmd, args, filters, asJSON)
		},
	}
	cmd.Flags().IntVar(&filters, "filters", 1, "list questions with up to so many filters, 1 to 3; the last line counts all")
	cmd.Flags().BoolVar(&asJSON, "json", false, "write the report as JSON")
	return cmd
}

// mostFilters is how many filters at once questions have at the most.
const mostFilters = 3

// coveredDays is how many days the questions are about.
const coveredDays = 90

// coverageReport is what schema coverage writes.
type coverageReport struct {
	Database string         `json:"database"`
	Project  string         `json:"project"`
	From     string         `json:"from"`
	To       string         `json:"to"`
	Lines    []coverageLine `json:"questions"`
	Counts   []coverageSum  `json:"counts"`
}

// coverageSum counts the questions of a kind, and those that aggregates answer.
type coverageSum struct {
	Kind     string `json:"kind"`
	Answered int    `json:"answered"`
	Of       int    `json:"of"`
}

// coverageLine is one question with the table that answers it.
type coverageLine struct {
	About    string  `json:"about"` // the project, or "everything"
	Question string  `json:"question"`
	Table    string  `json:"table"` // empty: nothing answers
	Rows     float64 `json:"estimatedRows"`
	NeedsRaw bool    `json:"needsRaw"`
}

func (a *app) schemaCoverage(cmd *cobra.Command, args []string, filters int, asJSON bool) error {
	conn, release, err := a.connectExisting(cmd.Context(), readOnly)
	if err != nil {
		return err
	}
	defer a.releasing(release)
	cat, err := catalog.Open(cmd.Context(), conn, catalog.Options{Database: conn.Database(), Log: a.log})
	if err != nil {
		return err
	}
	if err := cat.Ready(); err != nil {
		return err
	}
	project, err := coveredProject(cat.Snapshot(), args)
	if err != nil {
		return err
	}
	r := reportCoverage(cat.Snapshot(), project, filters)
	return printAs(a.stdout, asJSON, r, writeCoverage)
}

// coveredProject is the named project, or the most downloaded one.
func coveredProject(snap *catalog.Snapshot, args []string) (string, error) {
	if snap.Days.Empty() {
		return "", fmt.Errorf("plan questions about database %s: it holds no downloads; load some with: clickql ingest run SOURCE", snap.Database)
	}
	if len(args) == 1 {
		if _, ok := snap.Projects.Total(args[0]); !ok && snap.Projects.Len() > 0 {
			return "", fmt.Errorf("plan questions about project %q: it has no downloads in database %s; name another, or none for the most downloaded", args[0], snap.Database)
		}
		return args[0], nil
	}
	top, _ := snap.Projects.Prefix("", nil, 1)
	if len(top) == 0 {
		return "", fmt.Errorf("find the most downloaded project of database %s: no table of its size tells; name a project", snap.Database)
	}
	return top[0].Name, nil
}

// reportCoverage plans every question, and lists those with up to so many filters.
func reportCoverage(snap *catalog.Snapshot, project string, filters int) coverageReport {
	about := coverage.Asked{Project: project, Days: coverage.Days(snap.Days, coveredDays)}
	r := coverageReport{Database: snap.Database, Project: project, From: about.Days.From.String(), To: about.Days.To.String()}
	for _, part := range []struct {
		about, kind string
		filters     int
		questions   []coverage.Question
	}{
		{project, "questions about " + project, 1, coverage.OfProject()}, {"everything", "about everything", 1, coverage.OfAll()},
		{project, "of newer dimensions", 1, coverage.OfLater(false)}, {"everything", "of newer dimensions about everything", 1, coverage.OfLater(true)},
		{project, "with two filters", 2, coverage.OfFilters(2)}, {project, "with three filters", 3, coverage.OfFilters(3)},
		{"everything", "lists of projects", 1, coverage.OfLists()},
	} {
		answers := coverage.Answers(snap, about, part.questions)
		r.Counts = append(r.Counts, coverageSum{part.kind, coverage.Covered(answers), len(answers)})
		for _, answer := range answers {
			if part.filters <= filters {
				r.Lines = append(r.Lines, coverageLine{part.about, answer.Question.String(), answer.Table, answer.Rows, answer.NeedsRaw})
			}
		}
	}
	return r
}

// writeCoverage writes the report for people.
func writeCoverage(out io.Writer, r coverageReport) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "downloads of\tasked\ttable\trows, about\t")
	for _, l := range r.Lines {
		note := ""
		if l.NeedsRaw {
			note = "only the raw table can"
		}
		if l.Table == "" {
			l.Table, note = "-", "no table can"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%.0f\t%s\n", l.About, l.Question, l.Table, l.Rows, note)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	var counts []string
	for _, c := range r.Counts {
		counts = append(counts, fmt.Sprintf("%d of %d %s", c.Answered, c.Of, c.Kind))
	}
	_, err := fmt.Fprintf(out, "\n%s to %s: aggregates answer %s\n", r.From, r.To, strings.Join(counts, ", "))
	return err
}
