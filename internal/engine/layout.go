package engine

import (
	"errors"
	"fmt"
	"path/filepath"
	"syscall"

	"clickql/internal/wholefile"
)

// layout names the files of one data directory.
type layout string

func (l layout) path(name ...string) string {
	return filepath.Join(append([]string{string(l)}, name...)...)
}

// lock is held, by flock, by the process that serves the directory.
func (l layout) lock() string { return l.path("lock") }

// lease says where the serving process takes holders.
func (l layout) lease() string { return l.path("lease.json") }

// info is engine.json, there while the engine answers.
func (l layout) info() string { return l.path("engine.json") }

// accounts keeps the passwords over restarts.
func (l layout) accounts() string { return l.path("accounts.json") }

func (l layout) config() string { return l.path("conf", "config.xml") }
func (l layout) users() string  { return l.path("conf", "users.xml") }

// ready is the FIFO on which ClickHouse reports its ports.
func (l layout) ready() string { return l.path("run", "ready") }

// holdOpen is the FIFO that keeps ClickHouse running while it has a writer.
func (l layout) holdOpen() string { return l.path("run", "hold") }

func (l layout) log() string { return l.path("log", "engine.log") }

// data is ClickHouse's own directory.
func (l layout) data() string { return l.path("data") }

// backups is where BACKUP ... TO File('NAME') goes; it is made when it is needed.
func (l layout) backups() string { return l.path("backups") }

// writePrivate replaces a file at once. What fails is told with its remedy, where it
// has one.
func writePrivate(path string, content []byte) error {
	err := wholefile.Write(path, content)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, syscall.ENOSPC):
		return fmt.Errorf("write %s: %w; free space on its disk", path, err)
	}
	return fmt.Errorf("write %s: %w", path, err)
}
