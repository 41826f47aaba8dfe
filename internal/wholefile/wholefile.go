// Package wholefile replaces files in one step: who reads one sees the old content, or
// the new, or no file, never a part, whatever ends the writer.
package wholefile

import (
	"errors"
	"os"
	"path/filepath"
)

// Write replaces a file, which only its owner can read from then on.
func Write(path string, content []byte) (err error) {
	tmp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*") // of mode 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(tmp.Name()))
		}
	}()
	if _, err = tmp.Write(content); err == nil {
		err = tmp.Sync()
	}
	if err = errors.Join(err, tmp.Close()); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), path)
}
