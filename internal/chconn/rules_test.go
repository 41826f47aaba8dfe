package chconn

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write the table of docs/ACCOUNTS.md anew")

// own are settings as ClickHouse has them, changed as told.
func own(changes map[string]setting) map[string]setting {
	have := map[string]setting{}
	for _, r := range Rules {
		have[r.Setting] = setting{value: r.Safe}
		for _, limit := range r.Limits {
			have[limit] = setting{value: "0"}
		}
	}
	for name, s := range changes {
		have[name] = s
	}
	return have
}

// TestJudge has every rule for an account that may change the setting and for
// one that may not.
func TestJudge(t *testing.T) {
	if a := judge(own(nil), true); len(a.send) > 0 || a.oneRow || len(a.bounds) > 0 || len(a.refusals) > 0 {
		t.Errorf("ClickHouse's own settings are judged %+v", a)
	}
	for _, r := range Rules {
		if r.Setting == "offset" {
			continue // found by the row that it takes: TestAccountsNeverCut
		}
		bad := map[string]setting{r.Setting: {value: "another", changed: true}}
		for _, limit := range r.Limits {
			bad[limit] = setting{value: "7"}
		}
		if a := judge(own(bad), true); a.send[r.Setting] != r.Safe || a.oneRow || len(a.bounds) > 0 || len(a.refusals) > 0 {
			t.Errorf("%s, which may be changed, is judged %+v", r.Setting, a)
		}
		bad[r.Setting] = setting{value: "another", changed: true, frozen: true}
		a := judge(own(bad), true)
		acted := map[Remedy]bool{OneRow: a.oneRow, Refuse: len(a.refusals) > 0, CountRead: len(a.bounds) > 0, Clock: len(a.bounds) > 0}
		if len(a.send) > 0 || !acted[r.Remedy] {
			t.Errorf("%s, which may not be changed, is judged %+v", r.Setting, a)
		}
		if len(r.Limits) > 0 {
			if a := judge(own(map[string]setting{r.Setting: {value: "another", frozen: true}}), true); a.oneRow || len(a.bounds) > 0 || len(a.refusals) > 0 {
				t.Errorf("%s without a limit is judged %+v", r.Setting, a)
			}
		}
	}
}

// TestBounds: an answer is refused from the limit on, and over a protocol that
// does not tell what was read, always.
func TestBounds(t *testing.T) {
	have := own(map[string]setting{
		"read_overflow_mode": {value: "break", frozen: true}, "max_rows_to_read": {value: "1000"}, "max_bytes_to_read": {value: "5e5"},
		"timeout_overflow_mode": {value: "break", frozen: true}, "max_execution_time": {value: "1.5"},
	})
	a := judge(have, true)
	for _, c := range []struct {
		rows, bytes uint64
		took        time.Duration
		limit       string
	}{
		{1000, 500_000, 1499 * time.Millisecond, ""},
		{1001, 0, 0, "max_rows_to_read"},
		{0, 500_001, 0, "max_bytes_to_read"},
		{0, 0, 1500 * time.Millisecond, "max_execution_time"},
	} {
		var cut *CutError
		errors.As(a.check(c.rows, c.bytes, c.took), &cut)
		if cut == nil && c.limit != "" || cut != nil && (cut.Limit != c.limit || !cut.Met || !strings.Contains(cut.Error(), c.limit)) {
			t.Errorf("%d rows, %d bytes in %s: %v, want %q", c.rows, c.bytes, c.took, cut, c.limit)
		}
	}
	if a := judge(have, false); a.allows("SELECT 1") == nil {
		t.Error("a limit on reading is kept where nobody tells what was read")
	}
}

// TestRulesAreDocumented holds the table of docs/ACCOUNTS.md to the rules.
func TestRulesAreDocumented(t *testing.T) {
	const path, begin, end = "../../docs/ACCOUNTS.md", "<!-- rules -->\n", "<!-- /rules -->\n"
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, _ := strings.Cut(string(text), begin)
	_, after, found := strings.Cut(rest, end)
	if !found {
		t.Fatalf("%s has no place for the rules", path)
	}
	var b strings.Builder
	b.WriteString(before + begin + "| setting | with | otherwise | where it may not be changed |\n| --- | --- | --- | --- |\n")
	for _, r := range Rules {
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", r.Setting, strings.Join(r.Limits, ", "), r.Effect, r.Remedy)
	}
	b.WriteString(end + after)
	if b.String() == string(text) {
		return
	}
	if !*update {
		t.Fatalf("the table in %s is not that of Rules; run: go test ./internal/chconn -run TestRulesAreDocumented -update", path)
	}
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
}
