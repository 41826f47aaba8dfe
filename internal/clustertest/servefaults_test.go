//go:build (cluster || shards) && clustercontrol

package clustertest

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// asking asks a gateway something new each time, so that nothing comes from a cache.
type asking struct {
	*cluster
	at    string
	asked int
}

// questions are how many are asked at once.
const questions = 10

// all asks some questions at once: why tells of what is no right answer.
func (q *asking) all(right func(a answer, want int64) (why string)) (wrong []string) {
	q.t.Helper()
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range questions {
		n := q.asked
		q.asked++
		wg.Go(func() {
			project, days := fmt.Sprintf("p%d", n%40), 1+n/40%31
			a, err := ask(q.t.Context(), q.at, project, days)
			why := ""
			if err != nil {
				why = err.Error()
			} else {
				why = right(a, q.want(project, int64(90+days), 16000))
			}
			if why != "" {
				mu.Lock()
				defer mu.Unlock()
				wrong = append(wrong, project+": "+why)
			}
		})
	}
	wg.Wait()
	return wrong
}

// right is why an answer is not right.
func right(a answer, want int64) string {
	if why := agrees(a); why != "" {
		return why
	}
	if got := a.Data.Project.Downloads.Total; got != want {
		return fmt.Sprintf("%d downloads, want %d", got, want)
	}
	return ""
}

// answers fails where an answer is not right.
func (q *asking) answers(when string) {
	q.t.Helper()
	for _, why := range q.all(right) {
		q.t.Errorf("%s: %s", when, why)
	}
}

// TestServedThroughFaults asks while replicas are killed and paused and Keeper is away:
// every answer comes, and is right.
func TestServedThroughFaults(t *testing.T) {
	c := onCluster(t)
	for range 2 {
		c.load(0, 8000)
	}
	for host := range c.hosts {
		c.everyTable(host, catchUp)
	}
	q := &asking{cluster: c, at: c.serve(c.dsn.Host, "connection_open_strategy=round_robin&"+patience)}
	q.answers("all is there")
	for host := range c.hosts {
		name := fmt.Sprintf("host %d", host+1)
		c.on("kill", host)
		q.answers(name + " is killed")
		c.on("start", host)
		c.healthy()
		q.answers(name + " is back")
		c.on("pause", host)
		q.answers(name + " is paused")
		c.on("resume", host)
		q.answers(name + " goes on")
	}
	c.control("zk", "kill")
	q.answers("Keeper is away")
	c.control("zk", "start")
	c.healthy()
	q.answers("Keeper is back")
}

// TestServedWithoutShard asks while all replicas of one shard are away: there is an
// error, and never a smaller number, also for an account that skips shards.
func TestServedWithoutShard(t *testing.T) {
	c := onCluster(t)
	for range 2 {
		c.load(0, 8000)
	}
	var gateways []*asking
	for _, options := range []string{"", "&skip_unavailable_shards=1"} {
		q := &asking{cluster: c, at: c.serve(c.dsn.Host, "connection_open_strategy=round_robin&"+patience+options)}
		q.answers("all is there")
		gateways = append(gateways, q)
	}
	away := func(host int) bool { return c.shardOf(host) == c.shards-1 }
	for host := range c.hosts {
		if away(host) {
			c.on("kill", host)
		}
	}
	for _, q := range gateways {
		for _, why := range q.all(func(a answer, _ int64) string {
			if len(a.Errors) == 0 || a.Data.Project != nil {
				return fmt.Sprintf("%+v with a shard away", a)
			}
			if code := a.Errors[0].Extensions.Code; code != "UNAVAILABLE" {
				return "the error is " + code + ": " + a.Errors[0].Message
			}
			return ""
		}) {
			t.Error(why)
		}
	}
	for host := range c.hosts {
		if away(host) {
			c.on("start", host)
		}
	}
	c.healthy()
	for _, q := range gateways {
		q.recovers()
	}
}

// recovers waits until all is answered again; what is answered is right.
func (q *asking) recovers() {
	q.t.Helper()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		var refused atomic.Bool
		for _, why := range q.all(func(a answer, want int64) string {
			if len(a.Errors) > 0 {
				refused.Store(true)
				return ""
			}
			return right(a, want)
		}) {
			q.t.Errorf("when it is back: %s", why)
		}
		if !refused.Load() {
			return
		}
		select {
		case <-q.t.Context().Done():
			q.t.Fatal("nothing is answered again")
		case <-tick.C:
		}
	}
}
