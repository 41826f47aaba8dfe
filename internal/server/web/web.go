// Package web holds the pages that the gateway serves, bundled by build.mjs
// from this folder's sources and packages, and embedded into the binary.
package web

import (
	"embed"
	"encoding/json"
	"fmt"
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

//go:embed embed
var released embed.FS

// Embed is a released version of the script that draws charts in other people's
// pages. Its content never changes: pages hold its hash.
type Embed struct {
	Version int `json:"version"`
	// Integrity is the content's hash, as the attribute integrity of a script
	// element has it.
	Integrity string `json:"integrity"`
	// Document is the operation that the script asks.
	Document string `json:"document"`
	Script   []byte `json:"-"`
}

// Embeds are the released versions, oldest first; release.mjs adds one.
func Embeds() []Embed {
	text, err := released.ReadFile("embed/versions.json")
	if err != nil {
		panic(err) // it is part of the binary
	}
	var versions []Embed
	if err := json.Unmarshal(text, &versions); err != nil {
		panic(err) // as above
	}
	for i := range versions {
		if versions[i].Script, err = released.ReadFile(fmt.Sprintf("embed/embed.v%d.js", versions[i].Version)); err != nil {
			panic(err) // as above
		}
	}
	return versions
}

// EmbedDocuments are the operations of all released versions, which a gateway that
// trusts some documents alone has to trust.
func EmbedDocuments() []string {
	var documents []string
	for _, v := range Embeds() {
		documents = append(documents, v.Document)
	}
	return documents
}
