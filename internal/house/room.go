package main

import (
	"cmp"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// room is one package: its files without tests and generated ones.
type room struct {
	path  string // of the directory, from the root
	fset  *token.FileSet
	files []file
}

// file is one source file.
type file struct {
	name   string
	syntax *ast.File
	code   int // lines
}

// function is a function or method with its lines.
type function struct {
	name  string
	lines int
}

// readTree reads the packages under a directory, in the order of their paths.
// As the go command does, it passes over testdata, node_modules and what begins
// with a dot or an underscore.
func readTree(root string) ([]room, error) {
	var rooms []room
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.IsDir() {
			return err
		}
		name := entry.Name()
		if path != root && (name == "testdata" || name == "node_modules" || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_")) {
			return fs.SkipDir
		}
		r, err := readRoom(path)
		if err != nil || len(r.files) == 0 {
			return err
		}
		if r.path, err = filepath.Rel(root, path); err != nil {
			return err
		}
		rooms = append(rooms, r)
		return nil
	})
	if err == nil && len(rooms) == 0 {
		err = fmt.Errorf("%s holds no Go package; name the repository's directory", root)
	}
	return rooms, err
}

// readRoom reads one directory.
func readRoom(dir string) (room, error) {
	r := room{fset: token.NewFileSet()}
	paths, err := filepath.Glob(filepath.Join(dir, "*.go"))
	var broken []error
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		source, err := os.ReadFile(path)
		if err != nil {
			return r, err
		}
		syntax, err := parser.ParseFile(r.fset, path, source, parser.ParseComments)
		if err != nil {
			broken = append(broken, err)
			continue
		}
		if !ast.IsGenerated(syntax) {
			r.files = append(r.files, file{filepath.Base(path), syntax, codeLines(source)})
		}
	}
	return r, errors.Join(append(broken, err)...)
}

// code is the number of the room's lines of code.
func (r room) code() int {
	n := 0
	for _, f := range r.files {
		n += f.code
	}
	return n
}

// functions are the room's functions, longest first.
func (r room) functions() []function {
	var list []function
	for _, f := range r.files {
		for _, d := range f.syntax.Decls {
			if d, ok := d.(*ast.FuncDecl); ok && d.Body != nil {
				list = append(list, function{functionName(d), r.lines(d) - r.tableLines(d.Body)})
			}
		}
	}
	slices.SortStableFunc(list, func(a, b function) int { return cmp.Compare(b.lines, a.lines) })
	return list
}

// longest is the room's longest function.
func (r room) longest() function {
	if list := r.functions(); len(list) > 0 {
		return list[0]
	}
	return function{}
}

// lines is how many lines a piece of source spans.
func (r room) lines(n ast.Node) int {
	return r.fset.Position(n.End()).Line - r.fset.Position(n.Pos()).Line + 1
}

// tableLines are the lines of a body that its data tables take beyond one each.
func (r room) tableLines(body ast.Node) int {
	n := 0
	ast.Inspect(body, func(at ast.Node) bool {
		table, ok := at.(*ast.CompositeLit)
		if !ok || holdsFunction(table) {
			return true
		}
		n += r.lines(table) - 1
		return false
	})
	return n
}

// holdsFunction says whether a function stands in a literal: that is code.
func holdsFunction(table ast.Node) bool {
	found := false
	ast.Inspect(table, func(at ast.Node) bool {
		_, isFunction := at.(*ast.FuncLit)
		found = found || isFunction
		return !found
	})
	return found
}

// functionName is a function's name, with its receiver's type.
func functionName(d *ast.FuncDecl) string {
	if d.Recv == nil || len(d.Recv.List) == 0 {
		return d.Name.Name
	}
	name := ""
	ast.Inspect(d.Recv.List[0].Type, func(at ast.Node) bool {
		if id, ok := at.(*ast.Ident); ok && name == "" {
			name = id.Name
		}
		return name == ""
	})
	return name + "." + d.Name.Name
}
