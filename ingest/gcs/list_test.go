package gcs

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sort"
	"strconv"
	"testing"
	"time"
)

// TestListRangeIsCheap lists the newest days among a million objects with as
// many requests as those take, however many others there are.
func TestListRangeIsCheap(t *testing.T) {
	const days, perDay = 1000, 1000
	first := time.Date(2022, 1, 1, 0, 0, 0, 0, time.UTC)
	nameOf := func(i int) string {
		return fmt.Sprintf("pypi/%d-%012d.parquet", first.AddDate(0, 0, i/perDay).Unix(), i%perDay)
	}
	requests := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests++
		q := r.URL.Query()
		at := sort.Search(days*perDay, func(i int) bool { return nameOf(i) >= q.Get("startOffset") })
		if token := q.Get("pageToken"); token != "" {
			at, _ = strconv.Atoi(token)
		}
		var page listing
		for ; at < days*perDay && len(page.Items) < 1000; at++ {
			if end := q.Get("endOffset"); end == "" || nameOf(at) < end {
				page.Items = append(page.Items, listed{nameOf(at), "1", "10"})
			}
		}
		if at < days*perDay {
			page.NextPageToken = strconv.Itoa(at)
		}
		page.write(t, w)
	}))
	t.Cleanup(server.Close)
	src := New(Config{EmulatorHost: server.URL})
	t.Cleanup(func() { _ = src.Close() })
	from := fmt.Sprintf("gs://exports/pypi/%d", first.AddDate(0, 0, days-3).Unix())
	objects, err := src.ListRange(t.Context(), "gs://exports/pypi/*.parquet", from, "gs://exports/pypi/:")
	if err != nil || len(objects) != 3*perDay || requests > 4 {
		t.Errorf("%d objects in %d requests, %v", len(objects), requests, err)
	}
	if objects, err = src.ListRange(t.Context(), "gs://exports/pypi/*.parquet", "gs://exports/pypi/99", "gs://exports/pypi/:"); err != nil || len(objects) != 0 {
		t.Errorf("nothing new: %d objects, %v", len(objects), err)
	}
}

// listing is a page of a bucket's listing, and listed one object in it, as the
// service's JSON has them.
type listing struct {
	Items         []listed `json:"items"`
	NextPageToken string   `json:"nextPageToken,omitempty"`
}

type listed struct {
	Name       string `json:"name"`
	Generation string `json:"generation"`
	Size       string `json:"size"`
}

// write answers with the page.
func (l listing) write(t *testing.T, w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(l); err != nil {
		t.Error(err)
	}
}
