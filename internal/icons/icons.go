// Package icons holds the icons of Simple Icons 16.37 (CC0-1.0), each as the path
// data of a square of 24 by 24 pixels, by their slugs. Trademarks stay their
// owners'.
package icons

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"fmt"
	"io"
	"strings"
	"sync"
)

//go:generate sh generate/fetch.sh

//go:embed icons.txt.gz
var packed []byte

// all are the icons by slug, unpacked when the first one is wanted.
var all = sync.OnceValue(func() map[string]string {
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		panic(fmt.Sprintf("unpack the built-in icons: %v", err))
	}
	text, err := io.ReadAll(z)
	if err != nil {
		panic(fmt.Sprintf("unpack the built-in icons: %v", err))
	}
	bySlug := map[string]string{}
	for line := range strings.SplitSeq(strings.TrimSpace(string(text)), "\n") {
		slug, path, _ := strings.Cut(line, "\t")
		bySlug[slug] = path
	}
	return bySlug
})

// Path is the path data of an icon; ok is false where there is none of that slug.
func Path(slug string) (data string, ok bool) {
	data, ok = all()[slug]
	return data, ok
}
