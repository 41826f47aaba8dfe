//go:build amd64 || arm64

package guard_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"regexp"
	"runtime"
	"syscall"
	"testing"

	"github.com/ebitengine/purego"

	"clickql/internal/engine"
	"clickql/internal/engine/guard"
)

// workEnv makes the test binary a process that runs the library in the named
// directory, its files bounded as on a disk that is full.
const workEnv = "GUARD_TEST_WORK"

func TestMain(m *testing.M) {
	if dir := os.Getenv(workEnv); dir != "" {
		fmt.Println(work(dir))
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// work inserts more than fits, and should not come back.
func work(dir string) error {
	path, err := engine.FindLibrary("")
	if err != nil {
		return err
	}
	handle, err := purego.Dlopen(path, purego.RTLD_NOW|purego.RTLD_LOCAL)
	if err != nil {
		return err
	}
	const entry = "chdb_query_cmdline"
	var run func(argc int32, argv **byte) uintptr
	purego.RegisterLibFunc(&run, handle, entry)
	lost := func(reason error) {
		fmt.Println("lost:", reason)
		os.Exit(0)
	}
	if err := guard.Watch(guard.Library{Path: path, Handle: handle, Symbol: entry}, dir, lost); err != nil {
		return err
	}
	signal.Ignore(syscall.SIGXFSZ)
	const room = 1 << 20
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: room, Max: room}); err != nil {
		return err
	}
	var pin runtime.Pinner
	defer pin.Unpin()
	var argv []*byte
	for _, arg := range []string{"clickhouse", "--path", dir, "--query",
		"CREATE TABLE t (text String) ENGINE = MergeTree ORDER BY tuple(); INSERT INTO t SELECT randomString(1000) FROM numbers(20000)"} {
		text := append([]byte(arg), 0)
		pin.Pin(&text[0])
		argv = append(argv, &text[0])
	}
	argv = append(argv, nil)
	pin.Pin(&argv[0])
	run(int32(len(argv)-1), &argv[0])
	return errors.New("the library came back")
}

// TestWatch lets the library write a file that finds no room: it is told which, and
// the library never comes to confirm the INSERT.
func TestWatch(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), workEnv+"="+dir)
	out, err := cmd.CombinedOutput()
	if want := regexp.MustCompile(`(?m)^lost: write ` + regexp.QuoteMeta(dir) + `/\S+: file too large; its disk fails`); err != nil || !want.Match(out) {
		t.Errorf("%v; %s is not %s", err, out, want)
	}
}

// TestWatchNothing refuses a library that it cannot watch.
func TestWatchNothing(t *testing.T) {
	if err := guard.Watch(guard.Library{Path: "/nowhere/libchdb.so"}, t.TempDir(), nil); err == nil {
		t.Error("a library that is not there is watched")
	}
}
