// Command notice writes NOTICE: the licences of everything that the binary holds, Go
// modules and what the pages are bundled from. go generate runs it; it needs the
// modules and internal/server/web/node_modules in place.
package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

//go:generate go run . -C ../..

func main() {
	root := "."
	if len(os.Args) == 3 && os.Args[1] == "-C" {
		root = os.Args[2]
	}
	if err := run(root); err != nil {
		fmt.Fprintln(os.Stderr, "notice:", err)
		os.Exit(1)
	}
}

// part is one module or package that is shipped.
type part struct {
	name, version string
	dir           string // where its licence lies
}

// run writes NOTICE in the module's root.
func run(root string) error {
	modules, err := goModules(root)
	if err != nil {
		return err
	}
	packages, err := npmPackages(filepath.Join(root, "internal", "server", "web"))
	if err != nil {
		return err
	}
	var b bytes.Buffer
	b.WriteString("ClickQL\n\nThe clickql binary holds the following, under the licences that follow them.\nWritten by internal/notice.\n")
	if err := write(&b, append(modules, packages...)); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(root, "NOTICE"), b.Bytes(), 0o644); err != nil {
		return fmt.Errorf("write the notice: %w", err)
	}
	return nil
}

// goModules are the modules that the binary is built from, on every platform that
// it is built for.
func goModules(root string) ([]part, error) {
	found := map[string]part{}
	for _, platform := range []string{"linux", "darwin"} {
		cmd := exec.Command("go", "list", "-deps", "-json=Module", "./cmd/clickql")
		cmd.Dir, cmd.Stderr = root, os.Stderr
		cmd.Env = append(os.Environ(), "GOOS="+platform, "GOARCH=arm64", "CGO_ENABLED=0")
		out, err := cmd.Output()
		if err != nil {
			return nil, fmt.Errorf("list what the binary is built from: %w", err)
		}
		for dec := json.NewDecoder(bytes.NewReader(out)); ; {
			var pkg struct {
				Module *struct {
					Path, Version, Dir string
					Main               bool
				}
			}
			if err := dec.Decode(&pkg); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				return nil, fmt.Errorf("read the list of modules: %w", err)
			}
			if m := pkg.Module; m != nil && !m.Main {
				found[m.Path] = part{m.Path, m.Version, m.Dir}
			}
		}
	}
	goroot, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return nil, fmt.Errorf("find Go's own licence: %w", err)
	}
	found["Go"] = part{name: "the Go standard library", dir: strings.TrimSpace(string(goroot))}
	return sorted(found), nil
}

// npmPackages are the packages that the pages' bundle may hold: all that its lock
// file names beside those for development.
func npmPackages(dir string) ([]part, error) {
	text, err := os.ReadFile(filepath.Join(dir, "package-lock.json"))
	if err != nil {
		return nil, fmt.Errorf("read the pages' lock file: %w", err)
	}
	var lock struct {
		Packages map[string]struct {
			Version       string
			Dev, Optional bool
		}
	}
	if err := json.Unmarshal(text, &lock); err != nil {
		return nil, fmt.Errorf("read the pages' lock file: %w", err)
	}
	found := map[string]part{}
	for at, p := range lock.Packages {
		if at == "" || p.Dev || p.Optional {
			continue
		}
		name := at[strings.LastIndex(at, "node_modules/")+len("node_modules/"):]
		found[name+"@"+p.Version] = part{name, p.Version, filepath.Join(dir, filepath.FromSlash(at))}
	}
	return sorted(found), nil
}

func sorted(found map[string]part) []part {
	return slices.SortedFunc(maps.Values(found), func(a, b part) int {
		return cmp.Or(cmp.Compare(a.name, b.name), cmp.Compare(a.version, b.version))
	})
}

// write lists the parts by the text of their licence, each text once.
func write(w io.Writer, parts []part) error {
	var order []string
	of := map[string][]string{}
	for _, p := range parts {
		text, err := licence(p)
		if err != nil {
			return err
		}
		if of[text] == nil {
			order = append(order, text)
		}
		of[text] = append(of[text], strings.TrimSpace(p.name+" "+p.version))
	}
	for _, text := range order {
		if _, err := fmt.Fprintf(w, "\n%s\n\n%s\n\n%s\n", strings.Repeat("=", 72), strings.Join(of[text], "\n"), text); err != nil {
			return fmt.Errorf("write the notice: %w", err)
		}
	}
	return nil
}

// licence is the text of a part's licences and notices; a package that has none of
// its own names it in package.json. One that does neither is an error: it could not
// be shipped.
func licence(p part) (string, error) {
	files, err := os.ReadDir(p.dir)
	if err != nil {
		return "", fmt.Errorf("look for the licence of %s: %w", p.name, err)
	}
	var texts []string
	for _, f := range files {
		name := strings.ToUpper(f.Name())
		if f.IsDir() || strings.HasSuffix(name, ".GO") || !slices.ContainsFunc([]string{"LICENSE", "LICENCE", "COPYING", "NOTICE"}, func(begin string) bool { return strings.HasPrefix(name, begin) }) {
			continue
		}
		text, err := os.ReadFile(filepath.Join(p.dir, f.Name()))
		if err != nil {
			return "", fmt.Errorf("read the licence of %s: %w", p.name, err)
		}
		texts = append(texts, strings.TrimSpace(strings.ReplaceAll(string(text), "\r\n", "\n")))
	}
	if len(texts) > 0 {
		return strings.Join(texts, "\n\n"), nil
	}
	var about struct{ License string }
	text, err := os.ReadFile(filepath.Join(p.dir, "package.json"))
	if err == nil {
		err = json.Unmarshal(text, &about)
	}
	if err != nil || about.License == "" {
		return "", fmt.Errorf("%s in %s has no licence", p.name, p.dir)
	}
	return "Licensed under " + about.License + ", says its package.json.", nil
}
