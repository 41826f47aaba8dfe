package site

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"slices"

	"clickql/internal/embeds"
)

// manifest is what the bundle tells about itself.
type manifest struct {
	// Script, Sheet, Theme, Licence and Documents are the names of assets: the
	// pages' script and style sheet, the script that sets the theme before
	// anything is drawn, the licences of what is bundled, and the operations by hash.
	Script    string `json:"script"`
	Sheet     string `json:"sheet"`
	Theme     string `json:"theme"`
	Licence   string `json:"licence"`
	Documents string `json:"documents"`
	// Frame are the script and the style sheet of the pages of embeds.
	Frame embeds.Assets `json:"frame"`
	// Operations are the texts of the operations by name.
	Operations map[string]string `json:"operations"`
}

// ManifestFile is the bundle's file that tells the pages' assets and operations.
const ManifestFile = "site.json"

// readManifest reads the bundle's manifest.
func readManifest(files fs.FS) (*manifest, error) {
	f, err := files.Open(ManifestFile + ".gz")
	if err != nil {
		return nil, fmt.Errorf("read the site's bundle: %w: run `make build`", err)
	}
	defer func() { _ = f.Close() }() // of a file in memory
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, fmt.Errorf("read the site's bundle: %w", err)
	}
	m := new(manifest)
	if err := json.NewDecoder(z).Decode(m); err != nil {
		return nil, fmt.Errorf("read the site's bundle: %w", err)
	}
	return m, nil
}

// Operations are the documents that the pages ask, which a gateway that trusts
// some documents alone has to trust. There are none in a binary without the
// bundle.
func Operations(files fs.FS) []string {
	m, err := readManifest(files)
	if err != nil {
		return nil
	}
	return slices.Sorted(maps.Values(m.Operations))
}

// Frame are the bundle's assets that the pages of embeds load; none in a binary
// without the bundle.
func Frame(files fs.FS) embeds.Assets {
	m, err := readManifest(files)
	if err != nil {
		return embeds.Assets{}
	}
	return m.Frame
}
