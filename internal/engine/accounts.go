package engine

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// The names of the two accounts.
const (
	adminUser    = "clickql"
	readOnlyUser = "clickql_reader"
)

// accounts are the passwords of one data directory, made once and kept, so that
// a connection that outlives a restart of the engine is still welcome.
type accounts struct {
	Password         string `json:"password"`
	ReadOnlyPassword string `json:"readonly_password"`
}

// loadAccounts reads the directory's passwords, or makes them. The caller holds
// the directory's lock.
func loadAccounts(l layout) (accounts, error) {
	var a accounts
	raw, err := os.ReadFile(l.accounts())
	if err == nil {
		err = json.Unmarshal(raw, &a)
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return a, fmt.Errorf("read accounts %s: %w; remove the file to have new passwords made", l.accounts(), err)
	case a.Password != "" && a.ReadOnlyPassword != "":
		return a, os.Chmod(l.accounts(), 0o600)
	}
	a = accounts{Password: rand.Text(), ReadOnlyPassword: rand.Text()}
	raw, err = json.Marshal(a)
	if err != nil {
		return a, err
	}
	return a, writePrivate(l.accounts(), raw)
}

// passwordHash is the form in which ClickHouse's configuration holds a password.
func passwordHash(password string) string {
	sum := sha256.Sum256([]byte(password))
	return hex.EncodeToString(sum[:])
}
