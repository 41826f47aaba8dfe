package access

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"

	"clickql/internal/wholefile"
)

// file is the file of keys.
type file struct {
	Keys []Key `json:"keys"`
}

// ReadKeys reads the keys of a file.
func ReadKeys(path string) ([]Key, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the keys: %w", err)
	}
	return parseKeys(path, text)
}

func parseKeys(path string, text []byte) ([]Key, error) {
	if len(text) == 0 { // it is about to be written for the first time
		return nil, nil
	}
	var f file
	if err := json.Unmarshal(text, &f); err != nil {
		return nil, fmt.Errorf("read the keys of %s: %w; it is written by `clickql keys add`", path, err)
	}
	for _, k := range f.Keys {
		if err := k.Origins.check(); err != nil {
			return nil, fmt.Errorf("read the keys of %s: key %s: %w", path, k.ID, err)
		}
	}
	return f.Keys, nil
}

// ChangeKeys replaces a file's keys by what change makes of them, whole or not at
// all; a file that is not there is made, readable by its owner alone. Changes of
// several processes follow one another.
func ChangeKeys(path string, change func([]Key) ([]Key, error)) error {
	held, err := lockFile(path)
	if err != nil {
		return fmt.Errorf("change the keys: %w", err)
	}
	defer func() { _ = held.Close() }() // which gives the lock up
	text, err := io.ReadAll(held)
	if err != nil {
		return fmt.Errorf("read the keys of %s: %w", path, err)
	}
	keys, err := parseKeys(path, text)
	if err != nil {
		return err
	}
	if keys, err = change(keys); err != nil {
		return err
	}
	if text, err = json.MarshalIndent(file{keys}, "", "  "); err == nil {
		err = wholefile.Write(path, append(text, '\n'))
	}
	if err != nil {
		return fmt.Errorf("write the keys: %w", err)
	}
	return nil
}

// lockFile opens the file of that name for nobody else to change. The file that was
// waited for may have been replaced meanwhile: then the wait begins again.
func lockFile(path string) (*os.File, error) {
	for {
		f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
		if err != nil {
			return nil, err
		}
		if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
			return nil, errors.Join(err, f.Close())
		}
		mine, err := f.Stat()
		if err != nil {
			return nil, errors.Join(err, f.Close())
		}
		now, err := os.Stat(path)
		if err == nil && os.SameFile(mine, now) {
			return f, nil
		}
		_ = f.Close() // it is nobody's any more
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
}
