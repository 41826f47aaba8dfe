package main

import "fmt"

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
