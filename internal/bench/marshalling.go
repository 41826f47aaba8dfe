package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"clickql/graph"
	"clickql/internal/catalog"
	"clickql/internal/chconn"
	"clickql/internal/fetch"
)

// listed is how many elements the lists have that are written.
const listed = 5000

// marshalled is a list that is asked for.
type marshalled struct {
	name, about, query string
	// into is a pointer to structs that encoding/json reads the whole answer into
	// and writes it from.
	into any
}

// marshalledLists are the lists; from is the first of 5,000 days, to the last.
func marshalledLists(from, to string) []marshalled {
	series := func(fields string) string {
		return fmt.Sprintf(`{ downloads(range: {from: %q, to: %q}) { series { %s } } }`, from, to, fields)
	}
	return []marshalled{
		{"columns", "dates and totals of a series", series("dates totals"), &answered[seriesOf[struct {
			Dates  []string `json:"dates"`
			Totals []int64  `json:"totals"`
		}]]{}},
		{"points", "points of a series", series("points { date total }"), &answered[seriesOf[struct {
			Points []struct {
				Date  string `json:"date"`
				Total int64  `json:"total"`
			} `json:"points"`
		}]]{}},
		{"slices", "values of a split", fmt.Sprintf(`{ downloads { by(dimension: PROJECT, first: %d) { dimension value label total share } } }`, listed), &answered[struct {
			By []struct {
				Dimension string  `json:"dimension"`
				Value     *string `json:"value"`
				Label     string  `json:"label"`
				Total     int64   `json:"total"`
				Share     float64 `json:"share"`
			} `json:"by"`
		}]{}},
	}
}

// answered is an answer about downloads.
type answered[T any] struct {
	Data struct {
		Downloads T `json:"downloads"`
	} `json:"data"`
}

// seriesOf is the part of one that is a series.
type seriesOf[T any] struct {
	Series T `json:"series"`
}

// measureMarshalling measures writing long lists against encoding/json: whole
// operations, from the request to the last byte of the answer, with the data in
// memory.
func (b *bench) measureMarshalling(ctx context.Context) error {
	return b.onServed(ctx, b.marshalLists)
}

// marshalLists measures every list on the data that is served.
func (b *bench) marshalLists(ctx context.Context, st *store, cat *catalog.Catalog) (err error) {
	conn, err := chconn.Open(ctx, chconn.Config{DSN: st.engine.ReadOnlyDSN()})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	h := graph.NewHandler(graph.HandlerConfig{Loader: fetch.New(fetch.Config{Conn: conn, Catalog: cat}), Limits: graph.Limits{First: listed}})
	last := cat.Snapshot().Days.To
	var rows [][]string
	for _, l := range marshalledLists((last - listed + 1).String(), last.String()) {
		row, err := b.marshal(ctx, h, l)
		if err != nil {
			return err
		}
		rows = append(rows, row)
	}
	b.report.heading(2, "Marshalling")
	b.report.para("An operation whose answer is a list of %s elements, its data in memory, from the request to the last byte, "+
		"against `json.Marshal` of structs with the same content. Medians of turns in which both run one after the other.", whole(listed))
	b.report.table([]string{"", "against encoding/json", "milliseconds", "encoding/json", "bytes"}, rows)
	return nil
}

// marshal measures one list.
func (b *bench) marshal(ctx context.Context, h http.Handler, l marshalled) ([]string, error) {
	answer, err := written(ctx, h, l.query)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(answer, l.into); err != nil {
		return nil, fmt.Errorf("read %s: %w: %.200s", l.name, err, answer)
	}
	turns := 1000
	if b.quick {
		turns = 100
	}
	var ours, theirs []float64
	for range turns {
		began := time.Now()
		if _, err := written(ctx, h, l.query); err != nil {
			return nil, err
		}
		between := time.Now()
		again, err := json.Marshal(l.into)
		if err != nil {
			return nil, fmt.Errorf("write %s: %w", l.name, err)
		}
		ours, theirs = append(ours, between.Sub(began).Seconds()*1000), append(theirs, since(between))
		if len(again) < len(answer)/2 {
			return nil, fmt.Errorf("write %s: encoding/json writes %d bytes of %d", l.name, len(again), len(answer))
		}
	}
	b.say("%s: %s times encoding/json", l.name, ratio(medianRatio(ours, theirs)))
	return []string{l.about, ratio(medianRatio(ours, theirs)), millis(median(ours)), millis(median(theirs)), whole(float64(len(answer)))}, nil
}

// page takes an answer in.
type page struct {
	header http.Header
	status int
	bytes.Buffer
}

func (p *page) Header() http.Header    { return p.header }
func (p *page) WriteHeader(status int) { p.status = status }

// written is the answer to a query.
func written(ctx context.Context, h http.Handler, query string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "/graphql?query="+url.QueryEscape(query), nil)
	if err != nil {
		return nil, fmt.Errorf("ask: %w", err)
	}
	req.Header.Set("Accept", "application/graphql-response+json")
	p := &page{header: http.Header{}}
	h.ServeHTTP(p, req)
	if p.status != http.StatusOK && p.status != 0 || bytes.HasPrefix(p.Bytes(), []byte(`{"errors"`)) {
		return nil, fmt.Errorf("ask: status %d: %.500s", p.status, p.Bytes())
	}
	return p.Bytes(), nil
}
