package access

import (
	"io/fs"
	"log/slog"
	"os"
	"sync"
)

// Keyring has the keys of a file. It looks whether the file has changed each time
// it is asked, which costs a microsecond: a key that was revoked is refused from the
// next request on. A file that cannot be read leaves the keys as they were.
type Keyring struct {
	path string
	log  *slog.Logger

	mu   sync.Mutex
	seen fs.FileInfo // when it was last read
	keys map[string]*Key
}

// OpenKeyring reads a file's keys.
func OpenKeyring(path string, log *slog.Logger) (*Keyring, error) {
	r := &Keyring{path: path, log: log}
	seen, err := os.Stat(path)
	if err == nil {
		err = r.read(seen)
	}
	return r, err
}

// byID is the key of that name; nil where there is none.
func (r *Keyring) byID(id string) *Key {
	if r == nil {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.refresh()
	return r.keys[id]
}

// find is the key that a text is; nil where it is none.
func (r *Keyring) find(text string) *Key {
	id, ok := idOf(text)
	if !ok {
		return nil
	}
	if k := r.byID(id); k != nil && k.Is(text) {
		return k
	}
	return nil
}

// refresh reads the file again where it has changed. r.mu is held.
func (r *Keyring) refresh() {
	now, err := os.Stat(r.path)
	if err != nil {
		if r.seen != nil { // said once
			r.log.Error("the file of keys cannot be read; the keys stay as they were", "error", err)
		}
		r.seen = nil
		return
	}
	if r.seen != nil && os.SameFile(now, r.seen) && now.ModTime().Equal(r.seen.ModTime()) && now.Size() == r.seen.Size() {
		return
	}
	if err := r.read(now); err != nil {
		r.seen = now // said once
		r.log.Error("the keys cannot be read again; they stay as they were", "error", err)
		return
	}
	r.log.Info("the keys were read again", "keys", len(r.keys))
}

// read reads the file, which was seen before: what changes meanwhile is seen by the
// next look.
func (r *Keyring) read(seen fs.FileInfo) error {
	list, err := ReadKeys(r.path)
	if err != nil {
		return err
	}
	keys := make(map[string]*Key, len(list))
	for _, k := range list {
		keys[k.ID] = &k
	}
	r.keys, r.seen = keys, seen
	return nil
}
