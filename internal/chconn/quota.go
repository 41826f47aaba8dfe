package chconn

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// Allowance is how many statements an account may send in an interval; the
// zero value is no bound.
type Allowance struct {
	Queries  uint64
	Interval time.Duration
}

// QuotaError is a statement that the account's quota does not allow. Until it
// ends, statements of its key get it without being sent: a refused statement is
// counted by the server like any other, and nothing is to be had by asking.
type QuotaError struct {
	// Until is when the quota's interval ends, by this machine's clock.
	Until time.Time
	// Key is the one that the statement counted for (WithQuotaKey); empty for none.
	Key string
	err error
}

// Error tells until when.
func (e *QuotaError) Error() string {
	return fmt.Sprintf("the account's quota is spent until %s: %v", e.Until.UTC().Format(time.RFC3339), e.err)
}

// Unwrap is the server's refusal.
func (e *QuotaError) Unwrap() error { return e.err }

// quotaKey is the key of a context's quota key.
type quotaKey struct{}

// WithQuotaKey gives a context whose statements count for a key. A quota that is KEYED
// BY client_key, user_name grants what it does to each key for itself, whoever sends it,
// and to statements without one as to one more; other quotas do not look at it.
func WithQuotaKey(ctx context.Context, key string) context.Context {
	if key == "" {
		return ctx
	}
	return context.WithValue(clickhouse.Context(ctx, clickhouse.WithQuotaKey(key)), quotaKey{}, key)
}

// keyOf is the context's quota key; empty for none.
func keyOf(ctx context.Context) string {
	key, _ := ctx.Value(quotaKey{}).(string)
	return key
}

// quota is what is known of the account's quota.
type quota struct {
	mu    sync.Mutex
	spent map[string]*QuotaError // the last refusal of each key

	learnt  atomic.Pointer[Allowance] // from a refusal
	granted Allowance                 // as the server told; zero where it does not
	zone    time.Duration             // of the server's clock, east of UTC
}

// mostSpent is of how many keys refusals are remembered. Who is forgotten costs the
// server one statement more.
const mostSpent = 4096

// exhausted is the refusal that holds for a key at a time; nil where statements may be
// sent.
func (q *quota) exhausted(key string, now time.Time) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if e := q.spent[key]; e != nil && now.Before(e.Until) {
		return e
	}
	return nil
}

// spend remembers a refusal.
func (q *quota) spend(e *QuotaError, now time.Time) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.spent) >= mostSpent {
		maps.DeleteFunc(q.spent, func(_ string, e *QuotaError) bool { return !now.Before(e.Until) })
	}
	if q.spent == nil || len(q.spent) >= mostSpent {
		q.spent = map[string]*QuotaError{}
	}
	q.spent[e.Key] = e
}

// allowance is what bounds the account.
func (q *quota) allowance() Allowance {
	if a := q.learnt.Load(); a != nil {
		return *a
	}
	return q.granted
}

// codeQuota is QUOTA_EXCEEDED.
const codeQuota = 201

// Parts of the server's refusal: "Quota for user `u` for 3600s has been exceeded:
// queries = 61/60. Interval will end at 2026-11-29 11:00:00. ..."
var (
	quotaInterval = regexp.MustCompile(`for (\d+(?:\.\d+)?)s has been exceeded`)
	quotaQueries  = regexp.MustCompile(`\bqueries = \d+/(\d+)`)
	quotaEnd      = regexp.MustCompile(`Interval will end at (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)`)
)

// shortest and longest bound the time for which a refusal is taken to hold, where
// its text cannot be read or the clocks are apart.
const shortestRefusal, longestRefusal = time.Second, time.Hour

// noted is the error of a statement of a key, remembered where it is a spent quota.
func (q *quota) noted(key string, err error, now time.Time) error {
	var told *QuotaError
	if code, ok := Code(err); !ok || code != codeQuota || errors.As(err, &told) {
		return err
	}
	text := err.Error()
	longest, until := longestRefusal, now.Add(shortestRefusal)
	if m := quotaInterval.FindStringSubmatch(text); m != nil {
		longest = max(shortestRefusal, time.Duration(number(m[1])*float64(time.Second)))
	}
	if m := quotaEnd.FindStringSubmatch(text); m != nil {
		if at, parseErr := time.Parse(time.DateTime, m[1]); parseErr == nil {
			until = at.Add(-q.zone)
		}
	}
	if m := quotaQueries.FindStringSubmatch(text); m != nil && key == "" {
		if n, parseErr := strconv.ParseUint(m[1], 10, 64); parseErr == nil {
			q.learnt.Store(&Allowance{n, longest})
		}
	}
	if latest := now.Add(longest); until.After(latest) {
		until = latest
	}
	if soonest := now.Add(shortestRefusal); until.Before(soonest) {
		until = soonest
	}
	e := &QuotaError{Until: until, Key: key, err: err}
	q.spend(e, now)
	return e
}

// allowanceQuery reads the tightest bound on queries of the account's quota, and
// how far the server's clock is east of UTC, in seconds.
const allowanceQuery = `SELECT toUInt64(ifNull(argMin(max_queries, max_queries / duration), 0)), toUInt64(ifNull(argMin(duration, max_queries / duration), 0)),
	toInt64(toUnixTimestamp(toDateTime(toString(now()), 'UTC'))) - toInt64(toUnixTimestamp(now()))
FROM system.quota_usage WHERE max_queries > 0`

// readQuota asks for the account's quota; where it may not know, refusals tell.
func readQuota(ctx context.Context, conn driver.Conn) (*quota, error) {
	q := &quota{}
	var queries, seconds uint64
	var zone int64
	err := conn.QueryRow(valueless{ctx}, allowanceQuery).Scan(&queries, &seconds, &zone)
	switch class := Classify(err); {
	case errors.Is(err, sql.ErrNoRows): // an offset took the row, and q knows nothing
	case class == None:
		q.granted = Allowance{queries, time.Duration(seconds) * time.Second}
		q.zone = time.Duration(zone) * time.Second
	case class == Denied, class == UnknownTable, class == UnknownColumn: // q knows nothing
	default:
		return nil, err
	}
	return q, nil
}

// Allowance is how many statements the account may send, as far as is known:
// nothing is before the first statement.
func (c *Conn) Allowance() Allowance {
	if s := c.inner.Load(); s != nil {
		return s.quota.allowance()
	}
	return Allowance{}
}
