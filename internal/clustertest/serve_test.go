//go:build cluster

package clustertest

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"clickql/internal/chtest"
)

// TestLaggingReplica serves from two replicas in turn of which one lags: every
// answer is of one version, and none is older than one before it.
func TestLaggingReplica(t *testing.T) {
	c := onCluster(t)
	last := c.lagging()
	for _, order := range []string{"first", "last"} {
		hosts := c.dsn.Host
		if order == "last" {
			hosts = c.hosts[last] + "," + strings.Join(c.hosts[:last], ",")
		}
		c.askMany(c.serve(hosts, "connection_open_strategy=round_robin"), 16000)
	}
}

// lagging loads 8,000 rows twice, of which the last replica has the first alone.
func (c *cluster) lagging() (last int) {
	c.t.Helper()
	c.load(0, 8000)
	last = len(c.hosts) - 1
	c.caughtUp(last)
	c.everyTable(last, "SYSTEM STOP FETCHES")
	c.load(0, 8000)
	return last
}

// askMany asks for many projects by several clients. Each answer is of one of the numbers
// of rows that servers have had, in their order, and of none before that of the last.
func (c *cluster) askMany(at string, versions ...int64) {
	c.t.Helper()
	var wg sync.WaitGroup
	for client := range 8 {
		wg.Go(func() {
			seen := 0
			for i := range 40 {
				project := fmt.Sprintf("p%d", (client*5+i)%40)
				a, err := ask(c.t.Context(), at, project, 1+i%9)
				if err != nil {
					c.t.Error(err)
					return
				}
				if why := agrees(a); why != "" {
					c.t.Errorf("client %d, answer %d: %s", client, i, why)
					return
				}
				total, days := a.Data.Project.Downloads.Total, int64(90+1+i%9)
				for seen < len(versions) && total != c.want(project, days, versions[seen]) {
					seen++
				}
				if seen == len(versions) {
					c.t.Errorf("%s: %d downloads on %d days are of none of %d rows, or of one before the last answer's", project, total, days, versions)
					return
				}
			}
		})
	}
	wg.Wait()
}

// TestBalanced serves through a balancer that leads each connection to the next replica,
// of which one lags, by both protocols, plain and secured: no answer is mixed, and none
// goes back. HTTPS wants an account with a password in CLUSTER: the driver takes one
// without for one that shows a certificate.
func TestBalanced(t *testing.T) {
	c := onCluster(t)
	c.lagging()
	var web []string
	for host, address := range c.hosts {
		web = append(web, fmt.Sprintf("%s:%d", address[:strings.LastIndexByte(address, ':')], c.number(host, "SELECT toInt64(getServerPort('http_port'))")))
	}
	const secure = "secure=true&skip_verify=true"
	type way struct {
		scheme, options string
		to              []string
	}
	ways := []way{{"clickhouse", "", c.hosts}, {"clickhouse", secure, c.hosts}, {"http", "", web}}
	if password, _ := c.dsn.User.Password(); password != "" {
		ways = append(ways, way{"https", secure, web})
	}
	for _, by := range ways {
		t.Run(by.scheme+" "+by.options, func(t *testing.T) {
			over, dsn := *c, *c.dsn
			dsn.Scheme, over.t, over.dsn = by.scheme, t, &dsn
			over.askMany(over.serve(chtest.Balance(t, by.options != "", by.to...), by.options), 8000, 16000)
		})
	}
}

// want counts what load made of a project on the first days.
func (c *cluster) want(project string, days, rows int64) (total int64) {
	half := rows / 2
	for n := range half {
		if n%100 < days && fmt.Sprintf("p%d", n%40) == project {
			total += 2
		}
	}
	return total
}
