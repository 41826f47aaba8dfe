// Command gallery writes docs/PICTURES.md with its pictures: what there is, and
// every parameter, from the tables that addresses are read by. The pictures are
// drawn as a gateway would draw them, of numbers that are made up.
package main

import (
	"flag"
	"log"
	"os"
	"path/filepath"
)

//go:generate go run . -docs ../../../docs

func main() {
	docs := flag.String("docs", "docs", "the folder to write to")
	flag.Parse()
	if err := run(*docs); err != nil {
		log.Fatal(err)
	}
}

func run(docs string) error {
	files, err := made()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(docs, "pictures"), 0o755); err != nil {
		return err
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(docs, name), content, 0o644); err != nil {
			return err
		}
	}
	return nil
}
