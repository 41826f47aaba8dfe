//go:build cluster || shards

package clustertest

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"testing"

	"clickql/ingest"
	"clickql/ingest/backfill"
	"clickql/ingest/ledger"
	"clickql/internal/chconn"
)

// loaderVariable makes the test binary a loader: a process of its own, that can be
// killed.
const loaderVariable = "CLUSTERTEST_LOADER"

// loaderOrder says what it does.
type loaderOrder struct {
	DSN, Database string
	Files         []string // to load
	Fill          string   // the aggregate to fill instead
}

// runLoader does what is ordered, and writes a line before each statement.
func runLoader() int {
	var o loaderOrder
	if err := json.Unmarshal([]byte(os.Getenv(loaderVariable)), &o); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	conn, err := chconn.Open(context.Background(), chconn.Config{DSN: o.DSN, Unselected: true, MaxConns: 100})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	cfg := quickly(conn, o.Database)
	var line sync.Mutex
	cfg.Before = func(string) error {
		line.Lock()
		defer line.Unlock()
		_, err := fmt.Println()
		return err
	}
	if err := o.carryOut(context.Background(), ingest.New(cfg)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// carryOut loads, or fills.
func (o loaderOrder) carryOut(ctx context.Context, in *ingest.Ingest) (err error) {
	if o.Fill != "" {
		_, err = in.Backfill(ctx, backfill.Request{Table: o.Fill})
		return err
	}
	sum, err := in.Run(ctx, ledger.Downloads, o.Files...)
	if err == nil && !sum.Complete() {
		err = fmt.Errorf("not all is loaded: %+v", sum)
	}
	return err
}

// process is a loader that runs.
type process struct {
	cmd     *exec.Cmd
	reached chan struct{} // it has come to some statement, or ended
	ended   chan struct{}
	said    bytes.Buffer // why it ended; to be read when it has
}

// start starts a loader; reached is closed when it comes to a statement.
func (c *cluster) start(t testing.TB, statement int, o loaderOrder) *process {
	t.Helper()
	o.DSN, o.Database = c.dsnOf(c.dsn.Host, patience), c.database
	order, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	p := &process{cmd: exec.Command(os.Args[0]), reached: make(chan struct{}), ended: make(chan struct{})}
	p.cmd.Env, p.cmd.Stderr = append(os.Environ(), loaderVariable+"="+string(order)), &p.said
	out, err := p.cmd.StdoutPipe()
	if err == nil {
		err = p.cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.ended)
		reached := sync.OnceFunc(func() { close(p.reached) })
		defer reached()
		n := 0
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if n++; n == statement {
				reached()
			}
		}
		_ = p.cmd.Wait() // how it ended is seen in the tables
	}()
	return p
}

// kill ends a loader at once.
func (p *process) kill() {
	_ = p.cmd.Process.Kill() // it may have ended
	<-p.ended
}
