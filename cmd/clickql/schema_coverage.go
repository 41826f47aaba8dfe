package main

import (
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"clickql/internal/catalog"
	"clickql/internal/coverage"
)

func newSchemaCoverageCommand(a *app) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "coverage [PROJECT]",
		Short: "Say which table answers which kind of question",
		Long: `Plans every kind of question about the newest 90 days of a project, the most
downloaded one where none is named, and of all of PyPI: a series or a split by one
dimension, of everything, of one value of another dimension, or without mirrors.
For each it names the table that would be read and about how many rows of it, and
whether only the raw table has what is asked. Nothing is queried but the catalog.`,
		Example: "  clickql schema coverage\n  clickql schema coverage boto3 --json",
		Args:    arguments("PROJECT", 0, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.schemaCoverage(cmd, args, asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "write the report as JSON")
	return cmd
}

// coveredDays is how many days the questions are about.
const coveredDays = 90

// coverageReport is what schema coverage writes.
type coverageReport struct {
	Database string         `json:"database"`
	Project  string         `json:"project"`
	From     string         `json:"from"`
	To       string         `json:"to"`
	Lines    []coverageLine `json:"questions"`
}

// coverageLine is one question with the table that answers it.
type coverageLine struct {
	About    string  `json:"about"` // the project, or "everything"
	Question string  `json:"question"`
	Table    string  `json:"table"` // empty: nothing answers
	Rows     float64 `json:"estimatedRows"`
	NeedsRaw bool    `json:"needsRaw"`
}

func (a *app) schemaCoverage(cmd *cobra.Command, args []string, asJSON bool) error {
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
	r := reportCoverage(cat.Snapshot(), project)
	if asJSON {
		enc := json.NewEncoder(a.stdout)
		enc.SetIndent("", "  ")
		return enc.Encode(r)
	}
	return r.write(a.stdout)
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

// reportCoverage plans every question.
func reportCoverage(snap *catalog.Snapshot, project string) coverageReport {
	about := coverage.Asked{Project: project, Days: coverage.Days(snap.Days, coveredDays)}
	r := coverageReport{Database: snap.Database, Project: project, From: about.Days.From.String(), To: about.Days.To.String()}
	for _, part := range []struct {
		about     string
		questions []coverage.Question
	}{{project, coverage.OfProject()}, {"everything", coverage.OfAll()}} {
		for _, answer := range coverage.Answers(snap, about, part.questions) {
			r.Lines = append(r.Lines, coverageLine{part.about, answer.Question.String(), answer.Table, answer.Rows, answer.NeedsRaw})
		}
	}
	return r
}

// write writes the report for people.
func (r coverageReport) write(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "downloads of\tasked\ttable\trows, about\t")
	spared, all := map[string]int{}, map[string]int{}
	for _, l := range r.Lines {
		note := ""
		if l.NeedsRaw {
			note = "only the raw table can"
		} else {
			spared[l.About]++
		}
		all[l.About]++
		if l.Table == "" {
			l.Table, note = "-", "no table can"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%.0f\t%s\n", l.About, l.Question, l.Table, l.Rows, note)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out, "\n%s to %s: aggregates answer %d of %d questions about %s, %d of %d about everything\n",
		r.From, r.To, spared[r.Project], all[r.Project], r.Project, spared["everything"], all["everything"])
	return err
}
