package engine

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// prepare makes everything in the directory that ClickHouse needs to start.
func (c *child) prepare() error {
	for _, d := range []string{filepath.Dir(c.dir.config()), filepath.Dir(c.dir.ready()), c.dir.data()} {
		if err := os.MkdirAll(d, 0o700); err != nil {
			return fmt.Errorf("prepare data directory: %w", err)
		}
	}
	var err error
	if c.accounts, err = loadAccounts(c.dir); err != nil {
		return err
	}
	config, err := serverConfig(c.dir, c.order)
	if err != nil {
		return err
	}
	if err := writePrivate(c.dir.config(), []byte(config)); err != nil {
		return err
	}
	if err := writePrivate(c.dir.users(), []byte(usersConfig(c.accounts, c.order.Limits, c.order.Guests))); err != nil {
		return err
	}
	if err := removeSystem(c.dir); err != nil {
		return err
	}
	if c.ready, err = makeFIFO(c.dir.ready()); err != nil {
		return err
	}
	c.keep, err = makeFIFO(c.dir.holdOpen())
	return err
}

// removeSystem removes what an earlier run left of the system database. This
// build keeps system in memory, and a table's left-over folder blocks its creation.
func removeSystem(l layout) error {
	for _, name := range []string{"data/system", "metadata/system", "metadata/system.sql"} {
		if err := os.RemoveAll(filepath.Join(l.data(), filepath.FromSlash(name))); err != nil {
			return fmt.Errorf("remove left-over system tables: %w", err)
		}
	}
	return nil
}

// makeFIFO makes a FIFO anew and opens both its ends: neither opening nor
// reading nor writing by ClickHouse waits for us then.
func makeFIFO(path string) (*os.File, error) {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("make FIFO: %w", err)
	}
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		return nil, fmt.Errorf("make FIFO %s: %w", path, err)
	}
	f, err := os.OpenFile(path, os.O_RDWR|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("open FIFO: %w", err)
	}
	return f, nil
}
