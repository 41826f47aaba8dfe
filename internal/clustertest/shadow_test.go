//go:build cluster || shards

package clustertest

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"clickql/ingest"
	"clickql/ingest/shadow"
	"clickql/internal/chtest"
)

// TestShadow loads a second set of tables while the live ones are wrong and short of
// files, and promotes it, both ended at statements that chance chooses: in the end each
// shard holds what its ledger says on all replicas, and nothing of the shadow is left.
func TestShadow(t *testing.T) {
	c := onCluster(t, append([]string{"pypi"}, aggregates...)...)
	dir, files := exports(t, chtest.New(t).Conn, 6, 600)
	c.loadFiles(files[:2]...)
	c.spoil(aggregates...)
	chance, killed := rand.New(rand.NewPCG(8, 3)), 0
	again := func(in *ingest.Ingest, do func(*shadow.Shadow) error) error {
		sh, err := in.Shadow("again")
		if err != nil {
			return err
		}
		return do(sh)
	}
	run := func(files []string) {
		killed += c.ended(2, func() int { return 1 + chance.IntN(60*c.shards) }, func(string) {}, func(in *ingest.Ingest) error {
			return again(in, func(sh *shadow.Shadow) error { _, err := sh.Run(t.Context(), files...); return err })
		})
	}
	run(files[3:])
	in := ingest.New(c.loadingAll())
	promote := func(in *ingest.Ingest, fewer bool) error {
		return again(in, func(sh *shadow.Shadow) error { return sh.Promote(t.Context(), fewer) })
	}
	run(files)
	if err := again(in, func(sh *shadow.Shadow) error {
		got, err := sh.Compare(t.Context())
		if err == nil && (len(got.Differences) == 0 || len(got.Tables) != 1+len(aggregates) || len(sh.Databases()) != c.shards) {
			err = fmt.Errorf("%d differences of %d tables, in %v", len(got.Differences), len(got.Tables), sh.Databases())
		}
		return err
	}); err != nil {
		t.Error(err)
	}
	tried := 0
	killed += c.ended(5, func() int { return 1 + chance.IntN(130*c.shards) }, func(string) {}, func(in *ingest.Ingest) error {
		tried++
		err := promote(in, false)
		if tried > 1 && err != nil && strings.Contains(err.Error(), "there is none") {
			err = nil // it was ended while it dropped what was promoted
		}
		return err
	})
	t.Logf("%d commands ended", killed)
	c.loadFiles(files...) // finishes what is half public, and finds nothing new
	c.agreeAll("after a promotion", dir, files)
	if err := promote(in, false); err == nil || !strings.Contains(err.Error(), "there is none") {
		t.Errorf("a second promotion: %v", err)
	}

	// A view that computes something else is refused, as other replicas' would stay.
	if err := again(in, func(sh *shadow.Shadow) error { _, err := sh.Run(t.Context(), files...); return err }); err != nil {
		t.Fatal(err)
	}
	for host := range c.hosts {
		name := shadow.Prefix + c.rows() + "_again"
		if c.number(host, "SELECT toInt64(count()) FROM system.databases WHERE name = '"+name+"'") > 0 {
			c.exec(host, "ALTER TABLE "+name+".pypi_downloads_mv MODIFY QUERY SELECT project, count() AS count FROM "+name+".pypi GROUP BY project HAVING count > 0")
		}
	}
	if err := promote(in, false); err == nil || !strings.Contains(err.Error(), "ON CLUSTER") {
		t.Errorf("a promotion of other views: %v", err)
	}
	if err := again(in, func(sh *shadow.Shadow) error { return sh.Discard(t.Context()) }); err != nil {
		t.Error(err)
	}
	c.agreeAll("after a shadow that was dropped", dir, files)
	c.nothingLeft(shadow.Prefix)
}
