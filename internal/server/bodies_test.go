package server

import (
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
)

// Large bodies wait for one another, so that what is in memory for them at one time is
// bounded; small ones wait for nobody, and nothing is lost of any.
func TestLargeBodiesWaitForOneAnother(t *testing.T) {
	const large, together, all = 4 << 20, workMemory / (workPerByte * 4 << 20), 20
	arrived, goOn := make(chan struct{}, all), make(chan struct{})
	base, _ := start(t, Config{GraphQL: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		if len(body) < large {
			_, _ = io.WriteString(w, "small")
			return
		}
		if strings.Trim(string(body), "x") != "" {
			t.Error("another body came than was sent")
		}
		arrived <- struct{}{}
		<-goOn
	})})
	var asking sync.WaitGroup
	for range all {
		asking.Go(func() {
			if got := ask(t, "POST", base+"/graphql", strings.Repeat("x", large)); got.status != http.StatusOK {
				t.Errorf("%d %s", got.status, got.body)
			}
		})
	}
	for range together {
		<-arrived
	}
	for range 10 {
		if got := ask(t, "POST", base+"/graphql", "{}"); got.body != "small" {
			t.Errorf("%+v", got)
		}
	}
	if n := len(arrived); n != 0 {
		t.Errorf("%d large ones more than there is room for", n)
	}
	for range all - together {
		goOn <- struct{}{}
		<-arrived
	}
	for range together {
		goOn <- struct{}{}
	}
	asking.Wait()
}
