package server

import (
	"crypto/rand"
	"runtime/debug"
	"strings"
)

// buildSalt stands for the code that draws pictures: a newer binary draws the
// same data differently. Where the binary does not tell what it was built from,
// every start counts as a new one.
func buildSalt() []byte {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" || info.Main.Version == "(devel)" || strings.HasSuffix(info.Main.Version, "+dirty") {
		return []byte(rand.Text())
	}
	return []byte(info.Main.Version)
}
