//go:build cluster

package clustertest

import (
	"fmt"
	"strings"
	"sync"
	"testing"
)

// TestLaggingReplica serves from two replicas in turn of which one lags: every
// answer is of one version, and none is older than one before it.
func TestLaggingReplica(t *testing.T) {
	c := onCluster(t)
	c.load(0, 8000)
	last := len(c.hosts) - 1
	c.everyTable(last, catchUp)
	c.everyTable(last, stopFetches)
	c.load(0, 8000)
	for _, order := range []string{"first", "last"} {
		hosts := c.dsn.Host
		if order == "last" {
			hosts = c.hosts[last] + "," + strings.Join(c.hosts[:last], ",")
		}
		at := c.serve(hosts, "connection_open_strategy=round_robin")
		var wg sync.WaitGroup
		for client := range 8 {
			wg.Go(func() {
				for i := range 40 {
					project := fmt.Sprintf("p%d", (client*5+i)%40)
					a, err := ask(t.Context(), at, project, 1+i%9)
					if err != nil {
						t.Error(err)
						return
					}
					if why := agrees(a); why != "" {
						t.Errorf("client %d, answer %d: %s", client, i, why)
						return
					}
					days := int64(90 + 1 + i%9)
					if want := c.want(project, days, 16000); a.Data.Project.Downloads.Total != want {
						t.Errorf("%s: %d downloads on %d days, want %d: a replica that lags was used", project, a.Data.Project.Downloads.Total, days, want)
					}
				}
			})
		}
		wg.Wait()
	}
}
