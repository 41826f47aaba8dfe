package main

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// quantile is the value below which the part q (0 to 1) of the values lies, by
// nearest rank; NaN without values. The values need no order.
func quantile(values []float64, q float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	sorted := slices.Clone(values)
	slices.Sort(sorted)
	rank := int(math.Ceil(q * float64(len(sorted))))
	return sorted[min(max(rank, 1), len(sorted))-1]
}

// median is the middle value, the mean of both middle ones for an even number;
// NaN without values.
func median(values []float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	sorted := slices.Clone(values)
	slices.Sort(sorted)
	mid := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[mid]
	}
	return (sorted[mid-1] + sorted[mid]) / 2
}

// medianRatio is the median of a[i]/b[i]: the two sides of one turn are divided
// before turns are compared. Turns without a figure on either side are left
// out.
func medianRatio(a, b []float64) float64 {
	var ratios []float64
	for i := range min(len(a), len(b)) {
		if r := a[i] / b[i]; !math.IsNaN(r) && !math.IsInf(r, 0) {
			ratios = append(ratios, r)
		}
	}
	return median(ratios)
}

// geomean is the geometric mean, the only mean that makes sense of ratios; NaN
// without values. NaNs are left out.
func geomean(values []float64) float64 {
	sum, n := 0.0, 0
	for _, v := range values {
		if !math.IsNaN(v) && v > 0 {
			sum += math.Log(v)
			n++
		}
	}
	if n == 0 {
		return math.NaN()
	}
	return math.Exp(sum / float64(n))
}

// turn is what one side did in one turn.
type turn struct {
	millis []float64 // of each request
	took   time.Duration
	used   processor
}

// perSecond is the requests answered per second.
func (t turn) perSecond() float64 {
	if t.took <= 0 {
		return math.NaN()
	}
	return float64(len(t.millis)) / t.took.Seconds()
}

// turns are what one side did in all turns.
type turns []turn

// each is a figure of each turn.
func (ts turns) each(figure func(turn) float64) []float64 {
	out := make([]float64, len(ts))
	for i, t := range ts {
		out[i] = figure(t)
	}
	return out
}

// quantiles is a quantile of each turn's latencies, in milliseconds.
func (ts turns) quantiles(q float64) []float64 {
	return ts.each(func(t turn) float64 { return quantile(t.millis, q) })
}

// p50s is the median latency of each turn, in milliseconds.
func (ts turns) p50s() []float64 { return ts.quantiles(0.5) }

// rates is the requests per second of each turn.
func (ts turns) rates() []float64 { return ts.each(turn.perSecond) }

// all is the latency of every request of all turns.
func (ts turns) all() []float64 {
	var out []float64
	for _, t := range ts {
		out = append(out, t.millis...)
	}
	return out
}

// sum adds values up.
func sum(values []float64) (n float64) {
	for _, v := range values {
		n += v
	}
	return n
}

// reportRatios writes what the whole comparison comes to.
func (s *servingRun) reportRatios(all []measured) {
	r := &s.report
	r.para(`Compared are

- **(a)** hand-written SQL over clickhouse-go's native protocol, each statement on the table on which it is quickest, one after another, on %[1]d connections;
- **(b)** the gateway with nothing cached, over HTTP;
- **(c)** the gateway with results cached;
- **(d)** the gateway with whole responses cached;
- **(e)** a bare net/http handler that writes the same bytes.

Each operation is asked about %[2]d different projects or ranges in turn, so that no two clients wait for the same answer. (a) and (b) were found to give the same numbers. Under load (b) asks for several clients in one query where they wait anyway; (a) asks for each by itself, as code without a gateway does.`, conns, variants)
	r.heading(3, "Ratios")
	r.para("(b)/(a) is time: 1.10 means that the gateway takes 10 %% longer than hand-written SQL (median latency for 1 client, time per request for more). " +
		"(c)/(e) and (d)/(e) are requests per second: 0.50 means half as many as the bare handler.")
	columns := []string{"operation"}
	for _, n := range clientCounts {
		columns = append(columns, fmt.Sprintf("(b)/(a), %d", n))
	}
	for _, letter := range []string{"c", "d"} {
		for _, n := range clientCounts {
			columns = append(columns, fmt.Sprintf("(%s)/(e), %d", letter, n))
		}
	}
	var rows [][]string
	means := make([][]float64, 3*len(clientCounts))
	for _, m := range all {
		row := []string{m.operation.name}
		add := func(at int, value float64) {
			means[at] = append(means[at], value)
			row = append(row, ratio(value))
		}
		for i := range clientCounts {
			add(i, m.slower(i))
		}
		for at, side := range []int{sideWarm, sideWhole} {
			for i := range clientCounts {
				add((at+1)*len(clientCounts)+i, m.throughput(i, side))
			}
		}
		rows = append(rows, row)
	}
	last := []string{"**geometric mean**"}
	for _, values := range means {
		last = append(last, ratio(geomean(values)))
	}
	r.table(columns, append(rows, last))
}

// reportTimes writes the times behind the ratios, and what the operations are.
func (s *servingRun) reportTimes(all []measured) {
	r := &s.report
	r.heading(3, "Times")
	r.para("Milliseconds at the median / at the 99th percentile, and requests per second (median of the turns).")
	for i, n := range clientCounts {
		noun := "clients"
		if n == 1 {
			noun = "client"
		}
		r.heading(4, fmt.Sprintf("%d %s", n, noun))
		var rows [][]string
		for _, m := range all {
			row := []string{m.operation.name}
			for _, ts := range m.turns[i] {
				row = append(row, fmt.Sprintf("%s / %s; %s", millis(quantile(ts.all(), 0.5)), millis(quantile(ts.all(), 0.99)), whole(median(ts.rates()))))
			}
			rows = append(rows, row)
		}
		r.table([]string{"operation", "(a) SQL by hand", "(b) nothing cached", "(c) results cached", "(d) responses cached", "(e) bare handler"}, rows)
	}
	s.reportWork(all)
	r.heading(3, "Operations")
	var rows [][]string
	for _, m := range all {
		rows = append(rows, []string{m.operation.name, m.operation.about, fmt.Sprint(len(m.operation.sql)), bytesOf(float64(m.bytes))})
	}
	r.table([]string{"operation", "asks for", "statements by hand", "answer"}, rows)
}

// reportWork writes the processor time that requests take.
func (s *servingRun) reportWork(all []measured) {
	r := &s.report
	r.heading(3, "Processor time")
	r.para("Milliseconds for one request, in the process of the clients, who are the gateway's too, + in ClickHouse, and (b)/(a) of the sums: the ratio that other load on the machine falsifies least.")
	columns := []string{"operation"}
	for _, n := range clientCounts {
		columns = append(columns, fmt.Sprintf("(a), %d", n), fmt.Sprintf("(b), %d", n), "(b)/(a)")
	}
	var rows [][]string
	for _, m := range all {
		row := []string{m.operation.name}
		for i := range clientCounts {
			for _, side := range []int{sideHand, sideCold} {
				own, engine := m.turns[i][side].perRequest()
				row = append(row, millis(own)+" + "+millis(engine))
			}
			row = append(row, ratio(m.work(i)))
		}
		rows = append(rows, row)
	}
	r.table(columns, rows)
}
