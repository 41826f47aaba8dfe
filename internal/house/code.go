package main

import (
	"go/scanner"
	"go/token"
	"strings"
)

// codeLines counts the lines of a file that hold a token.
func codeLines(source []byte) int {
	files := token.NewFileSet()
	file := files.AddFile("", -1, len(source))
	var s scanner.Scanner
	s.Init(file, source, nil, 0)
	held := map[int]bool{}
	for {
		pos, tok, text := s.Scan()
		if tok == token.EOF {
			return len(held)
		}
		if tok == token.SEMICOLON && text == "\n" {
			continue // none that stands there
		}
		line := file.Line(pos)
		for i, part := range strings.Split(text, "\n") {
			if i == 0 || strings.TrimSpace(part) != "" {
				held[line+i] = true
			}
		}
	}
}
