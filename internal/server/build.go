package server

import (
	"crypto/rand"
	"runtime/debug"
	"strings"
	"sync"
)

// buildSalt stands for the code that writes answers and draws pictures: a newer
// binary may show the same data differently. Where the binary does not tell what
// it was built from, every start counts as a new one.
var buildSalt = sync.OnceValue(func() []byte {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" || info.Main.Version == "(devel)" || strings.HasSuffix(info.Main.Version, "+dirty") {
		return []byte(rand.Text())
	}
	return []byte(info.Main.Version)
})
