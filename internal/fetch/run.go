package fetch

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"maps"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"go.opentelemetry.io/otel/attribute"
	oteltrace "go.opentelemetry.io/otel/trace"

	"clickql/internal/chconn"
	"clickql/internal/chschema"
	"clickql/internal/fault"
	"clickql/internal/telemetry"
)

// run runs a statement and finishes its calls. What several operations asked
// and failed is asked for each by itself, so that none fails for another's
// question.
func (l *Loader) run(lane *lane, s *statement) {
	ctx, end, ok := l.flights.start(s, l.cfg.QueryTimeout)
	if !ok {
		l.fail(s, failure(context.Canceled), nil)
		return
	}
	defer end()
	telemetry.Waited(ctx, "queue", s.since)
	var rows reader
	var ran *Ran
	err := l.again(ctx, s, func() (started bool, err error) {
		rows = s.reader()
		if ran, err = l.execute(ctx, s, l.witness(ctx, s), rows.take); errors.Is(err, errUnheard) {
			rows = s.reader()
			ran, err = l.execute(ctx, s, nil, rows.take)
		}
		return false, err
	})
	switch {
	case err == nil && l.outdated(ctx, s):
		l.askExactly(s)
	case err == nil:
		l.deliver(s, rows, ran)
	case len(s.parts) > 0 && chconn.Classify(err) != chconn.Unavailable && !errors.Is(err, errMoved):
		l.apart(lane, s.parts)
	default:
		l.fail(s, failure(err), ran)
	}
}

// deliver finishes the calls of a statement that ran, and keeps all answers.
// Unasked ones go along with the others: who asked for a list is likely to ask
// about its elements.
func (l *Loader) deliver(s *statement, rows reader, ran *Ran) {
	values, more := make(map[string]any, len(s.calls)), map[string]kept{}
	rows.each(func(key string, value any) {
		if s.calls[key] != nil {
			values[key] = value
			return
		}
		more[key] = kept{value, ran, s.plannedFor(key)}
		l.store(version(s.snap), key, more[key])
	})
	for key, c := range s.calls {
		c.more, c.planned = more, s.plannedFor(key)
		l.keep(c, values[key], ran)
	}
}

// fail finishes the calls of a statement with an error.
func (l *Loader) fail(s *statement, err *fault.Error, ran *Ran) {
	for key, c := range s.calls {
		c.planned, c.unaffordable = s.plannedFor(key), err.Code == fault.RateLimited
		l.flights.finish(c, nil, err, ran)
	}
}

// execute runs a statement's query and hands its rows to take, which scans one
// row at a time. With a witness they may turn out to be of another table when all have
// been taken; without one the statement itself refuses that.
func (l *Loader) execute(ctx context.Context, s *statement, w *chschema.Witness, take func(driver.Rows) error) (*Ran, error) {
	q := s.query()
	ran := &Ran{query: q, operations: s.operations()}
	began := l.cfg.Now()
	within, span := telemetry.Start(ctx, "query")
	watched, done := l.cfg.Pulse.Watch(within)
	err := chconn.Gone(watched, l.scan(watched, s, w, ran, take))
	done()
	if err == nil {
		l.cfg.Pulse.Beat()
	}
	ran.ended = l.cfg.Now()
	ran.took = ran.ended.Sub(began)
	tell(span, ran, err)
	switch {
	case chschema.Elsewhere(err): // no answer, and no failure: another server has it
		l.metrics.elsewhere.Inc()
		return ran, err
	case ofOneClient(err), errors.Is(err, errUnheard): // nor does this say anything of ClickHouse
		return ran, err
	}
	l.metrics.ran(ctx, ran, err)
	l.observe(s, ran, err)
	switch {
	case err != nil:
		l.cfg.Log.WarnContext(ctx, "query failed", "table", q.Table, "sql", q.Text(), "error", err)
	case l.cfg.Log.Enabled(ctx, slog.LevelDebug):
		l.cfg.Log.DebugContext(ctx, "query", "table", q.Table, "rows_read", ran.rows, "took", ran.took, "sql", q.Text())
	}
	return ran, err
}

// ofOneClient reports a refusal of what ClickHouse grants to one client.
func ofOneClient(err error) bool {
	spent, ok := errors.AsType[*chconn.QuotaError](err)
	return ok && spent.Key != ""
}

// tell closes the span of a query with what it was expected to read and what it did.
func tell(span oteltrace.Span, ran *Ran, err error) {
	if span.IsRecording() {
		q := ran.query
		span.SetAttributes(attribute.String("db.system.name", "clickhouse"), attribute.String("db.collection.name", q.Table),
			attribute.String("db.query.text", q.SQL), attribute.Int("clickql.operations", ran.operations),
			attribute.Int64("clickql.rows.expected", int64(q.EstimatedRows)))
		if ran.told {
			span.SetAttributes(attribute.Int64("clickql.rows.read", int64(ran.rows)), attribute.Int64("clickql.bytes.read", int64(ran.bytes)))
		}
	}
	telemetry.End(span, err)
}

// hints make queries cheaper. The projection that ClickHouse has of itself in
// every table, of counts and of the sorting key's ends, answers none of ours;
// looking whether it does costs a small query 8 % of its time. Counts of what a
// query did (profile events) are read by nobody here, and sending them costs 5 %.
var hints = clickhouse.Settings{"optimize_use_implicit_projections": 0, "send_profile_events": 0}

// signed are the options of a query: its values, and what joins it to its request in
// ClickHouse's own logs. The request's id may come from a client, more than once, and
// a query's id must be no other's, so it only begins with that.
func signed(ctx context.Context, params clickhouse.Parameters) []clickhouse.QueryOption {
	options := []clickhouse.QueryOption{clickhouse.WithParameters(params)}
	if id := telemetry.RequestID(ctx); id != "" {
		options = append(options, clickhouse.WithQueryID(id+"-"+rand.Text()[:queryTail]))
	}
	if span := telemetry.SpanOf(ctx); span.IsValid() {
		options = append(options, clickhouse.WithSpan(span))
	}
	return options
}

// queryTail is how many letters, five bits each, tell a request's queries apart.
const queryTail = 13

// hintsOf are the hints of a statement: where its operation has a name, the comment that
// system.query_log shows it with; where it is a quick one, no look at which granules
// earlier statements with its conditions left out, which costs such a one 5 % of its
// time; where others run, the threads that its part of all effort comes to; and where it
// is a long one, and other clients ask as well, half of the processors at most, as what
// runs beside short statements takes those from them.
func (l *Loader) hintsOf(ctx context.Context, s *statement, part float64) clickhouse.Settings {
	all := maps.Clone(hints)
	if name := telemetry.Operation(ctx); name != "" {
		all["log_comment"] = "clickql " + name
	}
	threads := threadsOf(s.snap.Threads, part)
	switch {
	case s.effort <= quickCost:
		all["use_query_condition_cache"] = 0
	case l.crowd.besides(s.client):
		threads = min(threads, max(1, s.snap.Threads/2))
	}
	if threads < s.snap.Threads {
		all["max_threads"] = threads
	}
	return all
}

// scan sends the query and reads its rows; ran gets what it read.
func (l *Loader) scan(ctx context.Context, s *statement, w *chschema.Witness, ran *Ran, take func(driver.Rows) error) (err error) {
	q := ran.query
	values := make(map[string]any, len(q.Params))
	for _, p := range q.Params {
		values[p.Name] = p.Value
	}
	params, err := chconn.Parameters(values)
	if err != nil {
		return err
	}
	ctx = chconn.WithProgress(clickhouse.Context(ctx, signed(ctx, params)...), func(p *clickhouse.Progress) {
		l.cfg.Pulse.Beat()
		ran.rows += p.Rows
		ran.bytes += p.Bytes
		ran.told = true
	})
	if l.cfg.QuotaKeys {
		ctx = chconn.WithQuotaKey(ctx, s.client)
	}
	defer l.running.end(s.weight())
	ctx, sql := chconn.WithHints(ctx, l.hintsOf(ctx, s, l.running.begin(s.weight()))), q.SQL
	if w != nil {
		ctx = chconn.Listen(ctx, chschema.WitnessSource, w.Hear)
	} else {
		sql = s.snap.Guard(sql)
	}
	rows, err := l.cfg.Conn.Query(ctx, sql)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if err := take(rows); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil || w == nil {
		return err
	}
	return l.hear(w)
}

// failure turns a failure of ClickHouse into one that a client is told of.
func failure(err error) *fault.Error {
	if told, ok := errors.AsType[*fault.Error](err); ok {
		return told
	}
	if cut, ok := errors.AsType[*chconn.CutError](err); ok {
		return cutOff(cut)
	}
	if spent, ok := errors.AsType[*chconn.QuotaError](err); ok {
		if ofOneClient(spent) {
			return &fault.Error{Code: fault.RateLimited, Cause: spent, Retry: max(time.Second, time.Until(spent.Until)), Message: "what ClickHouse grants to one client is spent until " +
				spent.Until.UTC().Format(time.RFC3339) + "; what was answered before is still answered"}
		}
		return &fault.Error{Code: fault.Overloaded, Cause: spent, Message: "the quota of the gateway's account at ClickHouse is spent until " +
			spent.Until.UTC().Format(time.RFC3339) + "; what was answered before is still answered"}
	}
	if errors.Is(err, errMoved) {
		return &fault.Error{Code: fault.Unavailable, Cause: err, Message: "the data is changing, and no server that answers has it as the other parts of this answer have it; try again in a moment"}
	}
	e := &fault.Error{Code: fault.Internal, Message: "the query failed; the gateway's log has the reason", Cause: err}
	switch chconn.Classify(err) {
	case chconn.Unavailable:
		e.Code, e.Message = fault.Unavailable, "ClickHouse cannot be reached right now; try again in a moment"
	case chconn.Timeout, chconn.Cancelled:
		e.Code, e.Message = fault.Timeout, "ClickHouse did not answer in time; narrow the range or the filter"
	case chconn.TooMuch:
		e.Code, e.Message = fault.CostLimit, "the question would read or return more rows than are allowed; narrow the range or the filter"
	case chconn.Memory:
		e.Code, e.Message = fault.CostLimit, "the question needs more memory than is allowed; narrow the range or the filter"
	case chconn.UnknownTable, chconn.UnknownColumn, chconn.WrongType: // until the catalog looks again
		e.Code, e.Message = fault.Unavailable, "the database's tables are not what they were; try again in a moment, the gateway's log has the reason"
	case chconn.Overloaded:
		e.Code, e.Message = fault.Overloaded, "ClickHouse is busy; try again in a moment"
	}
	return e
}

// cutOff is the refusal of an answer that a setting of the gateway's account may
// have made wrong. It names the setting: without that, nobody could mend it.
func cutOff(cut *chconn.CutError) *fault.Error {
	code := fault.Unavailable
	if cut.Met {
		code = fault.CostLimit
	}
	return &fault.Error{Code: code, Message: cut.Error(), Cause: cut}
}
