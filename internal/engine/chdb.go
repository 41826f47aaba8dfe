package engine

import (
	"fmt"
	"runtime"

	"github.com/ebitengine/purego"

	"clickql/internal/engine/guard"
)

// chdb is the library, mapped into this process: a child's, never a command's.
type chdb struct {
	cmdline func(argc int32, argv **byte) uintptr
}

// entryPoint is the library's function that is `clickhouse local`.
const entryPoint = "chdb_query_cmdline"

// loadChdb maps the library, which is to work in the directory. lost is called,
// once, when it could not read or write a file, and has to end the process.
func loadChdb(path, dir string, lost func(error)) (*chdb, error) {
	handle, err := purego.Dlopen(path, purego.RTLD_NOW|purego.RTLD_LOCAL)
	if err != nil {
		return nil, fmt.Errorf("load ClickHouse library: %w", err)
	}
	c := new(chdb)
	var setHandlers func(enabled int32)
	for name, fn := range map[string]any{entryPoint: &c.cmdline, "chdb_set_signal_handlers_enabled": &setHandlers} {
		symbol, err := purego.Dlsym(handle, name)
		if err != nil {
			return nil, fmt.Errorf("use ClickHouse library %s: %w; install the version that `make build` installs", path, err)
		}
		purego.RegisterFunc(fn, symbol)
	}
	// Its handlers would keep a crashed process, and the directory's lock, for
	// minutes, waiting for a reporter that the library does not run.
	setHandlers(0)
	if err := guard.Watch(guard.Library{Path: path, Handle: handle, Symbol: entryPoint}, dir, lost); err != nil {
		return nil, err
	}
	return c, nil
}

// run is `clickhouse local` with the arguments. It returns when the queries
// have ended and the tables are closed; errors are on standard error.
func (c *chdb) run(args ...string) {
	argv := make([]*byte, len(args)+1)
	for i, a := range args {
		argv[i] = &append([]byte(a), 0)[0]
	}
	var pin runtime.Pinner
	defer pin.Unpin()
	for _, p := range argv {
		if p != nil {
			pin.Pin(p)
		}
	}
	pin.Pin(&argv[0])
	c.cmdline(int32(len(args)), &argv[0])
}
