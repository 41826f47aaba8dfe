// Package web holds the pages that the gateway serves, bundled by build.mjs
// from this folder's sources and packages, and embedded into the binary.
package web

import (
	"embed"
	"io/fs"
)

// The pattern matches dist.md as well, so that the module compiles before the
// bundle has been built.
//
//go:embed dist*
var dist embed.FS

// Files holds the bundle: NAME.html at the root, what they load under assets.
// Every file is there in gzip form only, under its name with ".gz" behind it.
// Without a built bundle there are none.
func Files() fs.FS {
	sub, err := fs.Sub(dist, "dist")
	if err != nil {
		panic(err) // "dist" is a valid path
	}
	return sub
}
