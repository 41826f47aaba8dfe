//go:build (cluster || shards) && clustercontrol

package clustertest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"clickql/ingest"
	"clickql/ingest/ledger"
	"clickql/internal/chconn"
	"clickql/internal/chtest"
)

// control runs a verb of CLUSTER_CONTROL.
func (c *cluster) control(verb ...string) error {
	c.t.Helper()
	command := append(strings.Fields(os.Getenv("CLUSTER_CONTROL")), verb...)
	if len(command) == len(verb) {
		c.t.Fatal("CLUSTER_CONTROL must be a command that takes verbs such as kill N")
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.t.Context()), time.Minute)
	defer cancel()
	if out, err := exec.CommandContext(ctx, command[0], command[1:]...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", strings.Join(command, " "), err, out)
	}
	return nil
}

// try is control of what may have ended by itself, so that it can neither be killed nor
// paused; healthy starts it again.
func (c *cluster) try(verb ...string) {
	c.t.Helper()
	if err := c.control(verb...); err != nil {
		c.t.Log(err)
	}
}

// on is a verb with the number of a host, which control counts from 1.
func (c *cluster) on(verb string, host int) { c.t.Helper(); c.try(verb, strconv.Itoa(host+1)) }

// healthy starts what has ended, also by itself, and waits until all hosts answer, all
// their replicas may write, and each knows of all others. What was killed a moment ago may
// still look alive to start, and keeps the others from being ready, so that this starts
// all of them again and again.
func (c *cluster) healthy() {
	c.t.Helper()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		ready := c.control("zk", "start") == nil
		for host := range c.hosts {
			err := c.control("start", strconv.Itoa(host+1)) // that may end by itself once more
			ready = ready && err == nil && c.ready(host)
		}
		if ready {
			return
		}
		select {
		case <-c.t.Context().Done():
			c.t.Fatal("the cluster does not come back")
		case <-tick.C:
		}
	}
}

func init() { revive = (*cluster).healthy }

// ready reports that a host answers, and that its replicas may write and know of all
// others.
func (c *cluster) ready(host int) bool {
	var waiting uint64
	err := c.conns[host].QueryRow(c.t.Context(), "SELECT countIf(is_readonly OR active_replicas < total_replicas) FROM system.replicas WHERE database IN ('"+c.database+"', '"+c.rows()+"')").Scan(&waiting)
	return err == nil && waiting == 0
}

// trial is a row of rounds in each of which a load is disturbed.
type trial struct {
	*cluster
	chance *rand.Rand
	dir    string
	files  []string // all, of which each round adds some
	given  int      // to the rounds so far
	each   int      // rows of a file
	done   map[string]int
}

// TestFaults loads while chance kills and pauses the loader, replicas, Keeper, and
// pairs of them: afterwards every file is there once, and replicas agree.
func TestFaults(t *testing.T) {
	trials(t, func(tr *trial) { tr.round(loaderOrder{}, 260) })
}

// TestFaultsFilling fills an aggregate that is wrong, beside loads, in the same way:
// afterwards it is that of all files too.
func TestFaultsFilling(t *testing.T) {
	trials(t, func(tr *trial) {
		table := aggregates[tr.chance.IntN(len(aggregates))]
		tr.spoil(table)
		tr.round(loaderOrder{Fill: table}, 160)
	})
}

// trials does rounds, and compares all tables in the end.
func trials(t *testing.T, round func(*trial)) {
	rounds, err := strconv.Atoi(cmp.Or(os.Getenv("CLUSTER_FAULTS"), "2"))
	if err != nil {
		t.Fatal(err)
	}
	seed, err := strconv.ParseUint(cmp.Or(os.Getenv("CLUSTER_SEED"), "1"), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	c := onCluster(t, append([]string{"pypi"}, aggregates...)...)
	tr := &trial{cluster: c, chance: rand.New(rand.NewPCG(seed, 3)), each: 60, done: map[string]int{}}
	tr.dir, tr.files = exports(t, chtest.New(t).Conn, rounds*filesOfRound, tr.each)
	for range rounds {
		if round(tr); t.Failed() {
			break
		}
	}
	tr.agreeAll("after the last round", tr.dir, tr.files[:tr.given])
	for _, what := range slices.Sorted(maps.Keys(tr.done)) {
		t.Logf("%3d rounds: %s", tr.done[what], what)
	}
}

// filesOfRound are the files that a round adds: of a batch or two for each shard.
const filesOfRound = 4

// round does what is ordered, with faults in the middle of it, at one of the first
// statements, and loads some more files.
func (tr *trial) round(o loaderOrder, statements int) {
	tr.t.Helper()
	tr.given += filesOfRound
	files := tr.files[:tr.given]
	if o.Fill == "" {
		o.Files = files
	}
	load := tr.start(tr.t, 1+tr.chance.IntN(statements), o)
	<-load.reached
	faults := tr.faults()
	what := ""
	for _, f := range faults {
		tr.strike(f, load)
		what += ", " + f.kind
	}
	what += tr.another(faults, files)
	for _, f := range faults {
		tr.heal(f, load)
	}
	<-load.ended
	tr.healthy()
	tries := tr.finish(loaderOrder{Files: files})
	if o.Fill != "" {
		tries += tr.finish(o)
	}
	round := tr.given / filesOfRound
	tr.t.Logf("round %d: %s: done by %d more; the disturbed one said: %s", round, what[2:], tries, strings.TrimSpace(load.said.String()))
	tr.done[what[2:]]++
	for host := range tr.hosts { // what is in front of shards asks any replica
		tr.sync(host, tr.rows()+".pypi")
	}
	if rows := tr.number(0, "SELECT toInt64(count()) FROM DB.pypi"); rows != int64(len(files)*tr.each) {
		tr.t.Errorf("round %d: %s: %d rows, want %d", round, what[2:], rows, len(files)*tr.each)
	}
}

// faults are one or two, of different kinds and on different hosts.
func (tr *trial) faults() (faults []fault) {
	hosts := tr.chance.Perm(len(tr.hosts))
	for i, kind := range tr.chance.Perm(len(kinds))[:1+tr.chance.IntN(2)] {
		faults = append(faults, fault{kinds[kind], hosts[i]})
	}
	slices.SortFunc(faults, func(a, b fault) int { return cmp.Compare(a.kind, b.kind) })
	return faults
}

// another runs another loader while the cluster is as the faults have left it, and says
// so: beside one that is paused always, as it is to take over, otherwise sometimes. It
// ends in one way or another.
func (tr *trial) another(faults []fault, files []string) string {
	tr.t.Helper()
	paused := slices.ContainsFunc(faults, func(f fault) bool { return f.kind == pauseLoader || f.kind == pauseReplica })
	if !paused && tr.chance.IntN(2) == 0 {
		return ""
	}
	other := tr.start(tr.t, 1+tr.chance.IntN(200), loaderOrder{Files: files})
	if paused && tr.chance.IntN(3) > 0 {
		<-other.ended
		return ", another loader beside"
	}
	<-other.reached
	other.kill()
	return ", another loader beside and killed"
}

// fault is something that befalls a load.
type fault struct {
	kind string
	host int
}

// The kinds of faults.
const (
	killLoader   = "loader killed"
	pauseLoader  = "loader paused"
	killReplica  = "replica killed"
	pauseReplica = "replica paused"
	killKeeper   = "Keeper killed"
)

var kinds = []string{killLoader, pauseLoader, killReplica, pauseReplica, killKeeper}

// strike makes a fault happen.
func (tr *trial) strike(f fault, load *process) {
	tr.t.Helper()
	switch f.kind {
	case killLoader:
		load.kill()
	case pauseLoader:
		_ = load.cmd.Process.Signal(syscall.SIGSTOP) // it may have ended
	case killReplica:
		tr.on("kill", f.host)
	case killKeeper:
		tr.try("zk", "kill")
	case pauseReplica:
		tr.on("pause", f.host)
	}
}

// heal takes a fault back.
func (tr *trial) heal(f fault, load *process) {
	tr.t.Helper()
	switch f.kind {
	case pauseLoader:
		_ = load.cmd.Process.Signal(syscall.SIGCONT) // it may have ended
	case killReplica:
		tr.on("start", f.host)
	case killKeeper:
		tr.try("zk", "start")
	case pauseReplica:
		tr.on("resume", f.host)
	}
}

// finish does what is ordered until it is done. What ends it must be that something is
// away, or that another is at work.
func (tr *trial) finish(o loaderOrder) (tries int) {
	tr.t.Helper()
	for {
		tries++
		err := o.carryOut(tr.t.Context(), ingest.New(tr.loadingAll()))
		var held *ledger.HeldError
		switch {
		case err == nil:
			return tries
		case chconn.Classify(err) != chconn.Unavailable && !errors.As(err, &held):
			tr.t.Fatalf("it ends by what is no fault of the cluster: %v", err)
		}
		tr.t.Logf("and again: %v", err)
		tr.healthy()
	}
}
