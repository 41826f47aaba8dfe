//go:build cluster

package clustertest

import (
	"cmp"
	"errors"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"clickql/ingest"
	"clickql/ingest/ledger"
	"clickql/internal/chconn"
	"clickql/internal/chtest"
)

// TestLoadReplicated loads into replicas from either, each file once, whichever
// replica a command comes to.
func TestLoadReplicated(t *testing.T) {
	c := onCluster(t)
	db := chtest.NewWithSchema(t)
	dir, files := exports(t, db.Conn, 6, 3000)
	want := expected(t, db, dir+"/*.parquet")
	for host, some := range [][]string{files[:3], files} {
		sum, err := ingest.New(c.loading(host%len(c.hosts))).Run(t.Context(), ledger.Downloads, some...)
		if err != nil {
			t.Fatal(err)
		}
		if sum.Files != 3 || len(sum.Failed) > 0 {
			t.Errorf("run %d loaded %d files: %+v", host+1, sum.Files, sum.Failed)
		}
	}
	c.agree("after two loads", want)
	for host := range c.hosts {
		report, err := ingest.New(c.loading(host)).Verify(t.Context(), false, files...)
		if err != nil {
			t.Fatal(err)
		}
		if !report.Agrees {
			t.Errorf("host %d: verify finds %+v", host+1, report.Differences)
		}
	}
}

// TestKilledLoads ends loads at statements that chance chooses, and loads again, on
// the same replica or another one: in the end every file is there once.
func TestKilledLoads(t *testing.T) {
	c := onCluster(t, "pypi", "pypi_downloads", "pypi_downloads_per_day_by_version", "pypi_downloads_max_min")
	db := chtest.NewWithSchema(t)
	dir, files := exports(t, db.Conn, 40, 300)
	want := expected(t, db, dir+"/*.parquet")
	chance := rand.New(rand.NewPCG(1, 2))
	rounds, err := strconv.Atoi(cmp.Or(os.Getenv("CLUSTER_ROUNDS"), "8"))
	if err != nil {
		t.Fatal(err)
	}
	killed, refused, host := 0, 0, 0
	for done := false; !done; {
		cfg := c.loading(host)
		var n atomic.Int64
		last := int64(1 + chance.IntN(110))
		cfg.Before = func(string) error {
			if killed < rounds && n.Add(1) >= last {
				return errCrash
			}
			return nil
		}
		// Dead processes of this machine are known to be; here the same one goes on.
		cfg.Holder = ledger.Self("test", time.Now())
		cfg.Holder.PID, cfg.Holder.Machine = 1<<30, "a machine that is no more"
		_, err := ingest.New(cfg).Run(t.Context(), ledger.Downloads, files...)
		switch {
		case err == nil:
			done = killed >= rounds
		case errors.Is(err, errCrash):
			killed++
		case chconn.Classify(err) == chconn.Unavailable:
			c.answers(err)
			killed++
		case strings.Contains(err.Error(), "prepared on another replica"):
			refused++
			host = (host + 1) % len(c.hosts)
			continue
		default:
			t.Fatal(err)
		}
		host = chance.IntN(len(c.hosts))
	}
	t.Logf("%d loads ended; %d times only another replica could go on", killed, refused)
	c.agree("after the last load", want)
	if !slices.Contains(c.tables(0), "pypi") {
		t.Error("the tables are not replicated")
	}
}

// TestHalfPublished: a batch of which a part is public is carried on where it was
// prepared, and nowhere else.
func TestHalfPublished(t *testing.T) {
	c := onCluster(t, "pypi", "pypi_downloads", "pypi_downloads_per_day_by_version", "pypi_downloads_max_min")
	db := chtest.NewWithSchema(t)
	dir, files := exports(t, db.Conn, 2, 1000)
	want := expected(t, db, dir+"/*.parquet")
	last := len(c.hosts) - 1
	cfg := c.loading(0)
	cfg.Holder = ledger.Self("test", time.Now())
	cfg.Holder.PID, cfg.Holder.Machine = 1<<30, "a machine that is no more"
	attached := 0
	cfg.Before = func(sql string) error {
		if strings.Contains(sql, "ATTACH PARTITION") {
			if attached++; attached > 2 {
				return errCrash
			}
		}
		return nil
	}
	if _, err := ingest.New(cfg).Run(t.Context(), ledger.Downloads, files...); !errors.Is(err, errCrash) {
		t.Fatalf("the load was not ended: %v", err)
	}
	other := c.loading(last)
	other.Holder = cfg.Holder
	_, err := ingest.New(other).Run(t.Context(), ledger.Downloads, files...)
	if err == nil || !strings.Contains(err.Error(), "prepared on another replica") || !strings.Contains(err.Error(), c.hosts[0][strings.LastIndex(c.hosts[0], ":"):]) {
		t.Errorf("another replica does not name the one that can go on: %v", err)
	}
	cfg.Before = nil
	if _, err := ingest.New(cfg).Run(t.Context(), ledger.Downloads, files...); err != nil {
		t.Fatal(err)
	}
	c.agree("carried on", want)
	if _, err := ingest.New(other).Run(t.Context(), ledger.Downloads, files...); err != nil {
		t.Fatal(err)
	}
	c.agree("nothing to do", want)
}

// agree compares every table of every host with what it should hold.
func (c *cluster) agree(when string, want map[string]string) {
	c.t.Helper()
	for host := range c.hosts {
		c.agreeOn(when, host, want)
	}
}
