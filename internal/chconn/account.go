package chconn

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"math"
	"regexp"
	"strconv"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// CutError is an answer that is refused, since a setting of the account may have
// made it wrong.
type CutError struct {
	// Setting and Value are what the account has; Limit and LimitValue the limit
	// that was or may have been met, empty where there is none.
	Setting, Value, Limit, LimitValue string
	// Effect is what the setting does to answers.
	Effect string
	// Met reports that the limit was met by this statement, so that a smaller
	// question is answered; otherwise no statement like it is.
	Met bool
}

// Error names the setting and the remedy.
func (e *CutError) Error() string {
	setting := e.Setting + " = " + strconv.Quote(e.Value)
	if e.Limit != "" {
		setting = e.Limit + " = " + e.LimitValue + " with " + setting
	}
	return fmt.Sprintf("the account's %s may have cut the answer short (%s): ask for less, "+
		"or give the account %s = %q, or the right to change it (readonly = 2)", setting, e.Effect, e.Setting, safeOf(e.Setting))
}

// safeOf is the value with which the setting leaves answers as they are.
func safeOf(name string) string {
	for _, r := range Rules {
		if r.Setting == name {
			return r.Safe
		}
	}
	return ""
}

// setting is what an account has for one setting.
type setting struct {
	value   string
	changed bool // it is not ClickHouse's own default
	frozen  bool // the account may not change it
}

// is reports that the setting has this value. The server shows limit and offset
// as 0 to a statement that they bear on, since they are part of it by then: that
// one of them was set is all that can be seen. An offset is found by its taking
// the row in which all this is told.
func (s setting) is(name, value string) bool {
	switch name {
	case "limit":
		return !s.changed
	case "offset":
		return true
	}
	return s.value == value || s.value == off(value)
}

// account is what the settings of an account do to the answers it gets.
type account struct {
	// readonly reports that the account may change no setting at all.
	readonly bool
	// taken are the settings that the server knows and takes from the account, whatever the
	// value: one with bounds would be refused beyond them.
	taken map[string]bool
	// send makes answers right, with every statement.
	send clickhouse.Settings
	// oneRow has results folded into one row; cut says why.
	oneRow bool
	cut    CutError
	// bounds are limits that are met without an error.
	bounds []bound
	// refusals are what no statement that they bear on is sent under.
	refusals []refusal
}

// bound is a limit on what a statement reads or how long it takes.
type bound struct {
	rows, bytes uint64        // 0 for none
	time        time.Duration // 0 for none
	err         CutError
}

// refusal is a setting that makes statements wrong.
type refusal struct {
	words *regexp.Regexp
	err   CutError
}

// judge decides what an account's settings ask for. A setting that the server
// does not know is in none of its answers. Where the driver does not tell what a
// statement read, as over HTTP, limits on it cannot be told to be kept.
func judge(have map[string]setting, progress bool) account {
	a := account{send: clickhouse.Settings{}}
	for _, r := range Rules {
		s, known := have[r.Setting]
		if !known || s.is(r.Setting, r.Safe) {
			continue
		}
		if !s.frozen {
			a.send[r.Setting] = r.Safe
			continue
		}
		a.bear(r, s, have, progress)
	}
	return a
}

// off is how some versions write the value of a flag.
func off(safe string) string {
	switch safe {
	case "0":
		return "false"
	case "1":
		return "true"
	}
	return safe
}

// bear adds the remedy for a setting that cannot be changed.
func (a *account) bear(r Rule, s setting, have map[string]setting, progress bool) {
	err := CutError{Setting: r.Setting, Value: s.value, Effect: r.Effect}
	if len(r.Limits) == 0 {
		if r.Remedy == OneRow {
			a.oneRow, a.cut = true, err
			return
		}
		a.refusals = append(a.refusals, refusal{r.Words, err})
		return
	}
	for i, name := range r.Limits {
		limit := number(have[name].value)
		if limit <= 0 {
			continue
		}
		err.Limit, err.LimitValue = name, have[name].value
		switch {
		case r.Remedy == OneRow:
			a.oneRow, a.cut = true, err
		case r.Remedy == Refuse, r.Remedy == CountRead && !progress:
			a.refusals = append(a.refusals, refusal{r.Words, err})
		case r.Remedy == CountRead:
			b := bound{err: err}
			*[]*uint64{&b.rows, &b.bytes}[i] = uint64(limit)
			a.bounds = append(a.bounds, b)
		case r.Remedy == Clock:
			a.bounds = append(a.bounds, bound{time: time.Duration(limit * float64(time.Second)), err: err})
		}
	}
}

// number reads a limit; what is none is no limit.
func number(text string) float64 {
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(n) {
		return 0
	}
	return n
}

// allows is nil for a statement that no refusal bears on.
func (a *account) allows(query string) error {
	for _, r := range a.refusals {
		if r.words == nil || r.words.MatchString(query) {
			return new(r.err)
		}
	}
	return nil
}

// check is nil where a statement that read so much in so long has met no limit.
func (a *account) check(rows, bytes uint64, took time.Duration) error {
	for _, b := range a.bounds {
		if b.rows > 0 && rows > b.rows || b.bytes > 0 && bytes > b.bytes || b.time > 0 && took >= b.time {
			err := b.err
			err.Met = true
			return &err
		}
	}
	return nil
}

// accountQuery reads what an account's settings are, all in one row, which no
// setting cuts. Settings that no version has are not there.
const accountQuery = `SELECT toUInt64(getSetting('readonly')), groupArrayIf(name, NOT readonly AND isNull(min) AND isNull(max)),
	groupArrayIf(name, name IN {names:Array(String)}), groupArrayIf(value, name IN {names:Array(String)}), groupArrayIf(toUInt8(readonly), name IN {names:Array(String)}),
	groupArrayIf(toUInt8(changed), name IN {names:Array(String)})
FROM system.settings`

// readAccount asks the server what the account's settings are.
func readAccount(ctx context.Context, conn driver.Conn, progress bool) (*account, error) {
	var names []string
	for _, r := range Rules {
		names = append(append(names, r.Setting), r.Limits...)
	}
	params, err := Parameters(map[string]any{"names": names})
	if err != nil {
		return nil, err
	}
	var readonly uint64
	var free, found, values []string
	var fixed, changed []uint8
	ctx = clickhouse.Context(valueless{ctx}, clickhouse.WithParameters(params))
	ask := func(ctx context.Context) error {
		return conn.QueryRow(ctx, accountQuery).Scan(&readonly, &free, &found, &values, &fixed, &changed)
	}
	send := clickhouse.Settings{}
	if err = ask(ctx); errors.Is(err, sql.ErrNoRows) {
		send["offset"] = 0
		switch err = ask(clickhouse.Context(ctx, clickhouse.WithSettings(send))); {
		case Classify(err) == Denied:
			return nil, &CutError{Setting: "offset", Value: "above 0", Effect: "results lack their first rows"}
		case errors.Is(err, sql.ErrNoRows):
			return nil, &CutError{Setting: "additional_result_filter", Value: "not empty", Effect: "results lack the rows that it leaves out"}
		}
	}
	if err != nil {
		return nil, fmt.Errorf("read the account's settings from system.settings: %w", err)
	}
	have := make(map[string]setting, len(found))
	for i, name := range found {
		have[name] = setting{value: values[i], changed: changed[i] != 0, frozen: readonly == 1 || fixed[i] != 0}
	}
	a := judge(have, progress)
	maps.Copy(a.send, send)
	a.readonly, a.taken = readonly == 1, map[string]bool{}
	if readonly != 1 {
		for _, name := range free {
			a.taken[name] = true
		}
	}
	return &a, nil
}
