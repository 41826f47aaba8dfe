// Command generate packs the icons of the npm package simple-icons into one file:
// a line for each, its slug and its path data.
package main

import (
	"bytes"
	"compress/gzip"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

func main() {
	in := flag.String("icons", "", "the folder icons of the npm package simple-icons")
	out := flag.String("out", "icons.txt.gz", "the file to write")
	flag.Parse()
	if err := run(*in, *out); err != nil {
		log.Fatal(err)
	}
}

var pathData = regexp.MustCompile(`<path d="([^"]+)"/></svg>`)

func run(in, out string) error {
	files, err := filepath.Glob(filepath.Join(in, "*.svg"))
	if err != nil || len(files) == 0 {
		return fmt.Errorf("no icons in %s: %w", in, err)
	}
	var packed bytes.Buffer
	z, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		return err
	}
	for _, f := range files {
		svg, err := os.ReadFile(f)
		if err != nil {
			return err
		}
		m := pathData.FindSubmatch(svg)
		if m == nil {
			return fmt.Errorf("%s is not of one path", f)
		}
		if _, err := fmt.Fprintf(z, "%s\t%s\n", strings.TrimSuffix(filepath.Base(f), ".svg"), m[1]); err != nil {
			return err
		}
	}
	if err := z.Close(); err != nil {
		return err
	}
	return os.WriteFile(out, packed.Bytes(), 0o644)
}
