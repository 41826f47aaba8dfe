package main

import (
	"bytes"
	_ "embed"
	"strings"
	"text/template"

	"clickql/internal/draw"
	"clickql/internal/picture"
)

//go:embed page.md.tmpl
var source string

var form = template.Must(template.New("page").Parse(source))

// shown is a picture on the page.
type shown struct{ What, Address, Title, File string }

// use is what one kind of address takes.
type use struct {
	Name       string
	Parameters []picture.Parameter
}

// made are the files of the documentation, by their names below docs.
func made() (map[string][]byte, error) {
	files := map[string][]byte{}
	page := struct {
		Charts, Badges []shown
		Uses           []use
	}{Uses: []use{
		{"charts", picture.ParametersOf(picture.OfChart)}, {"badges", picture.ParametersOf(picture.OfBadge)}, {"/rankings", picture.ParametersOf(picture.OfRankings)},
	}}
	for _, e := range examples {
		d, err := e.draw()
		if err != nil {
			return nil, err
		}
		name := "pictures/" + e.file + ".svg"
		files[name] = d.SVG(draw.Auto, draw.File)
		page.Charts = append(page.Charts, shown{e.what, e.address(), d.Title, name})
		if e.file == "split" {
			files["pictures/readme-light.svg"], files["pictures/readme-dark.svg"] = d.SVG(draw.Light, draw.File), d.SVG(draw.Dark, draw.File)
		}
	}
	for _, s := range shields {
		d, err := s.draw()
		if err != nil {
			return nil, err
		}
		name := "pictures/" + s.file + ".svg"
		files[name] = d.SVG(draw.Light, draw.File)
		address := "/badge/pandas.svg"
		if s.query != "" {
			address += "?" + s.query
		}
		page.Badges = append(page.Badges, shown{Address: address, Title: strings.ReplaceAll(d.Title, "|", "-"), File: name})
	}
	var out bytes.Buffer
	if err := form.Execute(&out, page); err != nil {
		return nil, err
	}
	files["PICTURES.md"] = out.Bytes()
	return files, nil
}

// address is the example's.
func (e example) address() string {
	path := "/chart/" + e.names + ".svg"
	if e.names == "" {
		path = "/chart.svg"
	}
	return path + "?" + e.query
}
