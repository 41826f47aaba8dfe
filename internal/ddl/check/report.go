package check

import (
	"fmt"
	"strings"
)

// Problem is what is wrong with an object, for machines.
type Problem string

// The problems.
const (
	Missing      Problem = "missing"       // the object or column is not there
	WrongType    Problem = "wrong_type"    // a column's type
	WrongEngine  Problem = "wrong_engine"  // a table's or the database's engine
	WrongKey     Problem = "wrong_key"     // a sorting or partition key
	WrongTarget  Problem = "wrong_target"  // the table that a view fills
	WrongSelect  Problem = "wrong_select"  // what a view computes
	Unusable     Problem = "unusable"      // the object is there and cannot be used
	WrongTotal   Problem = "wrong_total"   // an aggregate does not agree with the raw table
	WrongStorage Problem = "wrong_storage" // stored otherwise, with the same meaning
)

// Finding is one way in which a database differs from what is expected of it.
type Finding struct {
	// Object is the name of the object, or of the column, with its database.
	Object  string  `json:"object"`
	Problem Problem `json:"problem"`
	// Detail says what differs, for people.
	Detail string `json:"detail"`
	// Remedy says what to do.
	Remedy string `json:"remedy"`
	// Note marks a difference that changes no answer, only cost: it does not
	// count as one.
	Note bool `json:"note,omitempty"`
}

// Total compares one derived table with the raw table: by its downloads, or
// for Extremes by its days.
type Total struct {
	Table  string `json:"table"`
	Found  string `json:"found"`
	Raw    string `json:"raw"`
	Agrees bool   `json:"agrees"`
}

// Report is the result of Run. Its String is for people, its JSON for
// machines.
type Report struct {
	Database string    `json:"database"`
	Findings []Finding `json:"findings"`
	Totals   []Total   `json:"totals"`
}

// Differences is the number of findings that are not notes: 0 where the
// database is as it should be.
func (r Report) Differences() int {
	n := 0
	for _, f := range r.Findings {
		if !f.Note {
			n++
		}
	}
	return n
}

// String writes a line for each finding and for each total.
func (r Report) String() string {
	var b strings.Builder
	for _, f := range r.Findings {
		kind := "differs"
		if f.Note {
			kind = "note"
		}
		fmt.Fprintf(&b, "%s: %s: %s. %s\n", kind, f.Object, f.Detail, f.Remedy)
	}
	for _, t := range r.Totals {
		verdict := "agrees with the raw table"
		if !t.Agrees {
			verdict = "the raw table has " + t.Raw
		}
		fmt.Fprintf(&b, "total: %s.%s: %s: %s\n", r.Database, t.Table, t.Found, verdict)
	}
	return b.String()
}

// add appends a finding.
func (r *Report) add(object string, problem Problem, remedy, format string, args ...any) {
	r.Findings = append(r.Findings, Finding{Object: object, Problem: problem, Remedy: remedy, Detail: fmt.Sprintf(format, args...)})
}

// note appends a finding that changes no answer.
func (r *Report) note(object string, problem Problem, format string, args ...any) {
	r.add(object, problem, noAction, format, args...)
	r.Findings[len(r.Findings)-1].Note = true
}
