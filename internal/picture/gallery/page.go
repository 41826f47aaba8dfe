package main

import (
	"fmt"
	"strings"

	"clickql/internal/draw"
	"clickql/internal/picture"
)

const intro = `# Pictures and numbers

<!-- Made by go generate ./internal/picture/gallery from the tables that addresses are read by. -->

A chart is an image at ` + "`/chart/NAMES.svg`" + `, a badge one at ` + "`/badge/NAME.svg`" + `. NAMES is one
project or several with commas; without it (` + "`/chart.svg`" + `) all of PyPI is meant. The
ending says in what form: ` + "`.svg`" + ` (or none) and ` + "`.png`" + ` are pictures, drawn alike;
` + "`.csv`, `.json`, `.arrow` and `.parquet`" + ` have the chart's numbers, ` + "`/badge/NAME.json`" + ` is
an [endpoint badge](https://shields.io/badges/endpoint-badge).

An SVG follows the reader's theme and is laid out for several widths, of which it
shows the one that fits, so that it can be read on a phone, too. For a PNG, or
where a theme has to be chosen:

` + "```html" + `
<picture>
  <source media="(prefers-color-scheme: dark)" srcset="https://your.host/chart/pandas.svg?theme=dark">
  <img alt="Downloads of pandas" src="https://your.host/chart/pandas.svg?theme=light">
</picture>
` + "```" + `

Titles and names may be in any script. An SVG has them in the reader's fonts; a PNG in
those of the binary, which have Latin, Greek, Cyrillic, Armenian, Georgian, Hebrew and
Arabic, joined and in order, and a box for each character of others, such as Chinese
or Devanagari: there, the SVG is right.

What cannot be shown is said in the picture: a project that is not known, with
what may be meant; a value that nothing ever had, with those that there are; a
parameter that is none. Such pictures may be kept for a minute, others for ten,
and are revalidated by their tag. ` + "`v`, `_`, `cacheSeconds`, `utm_*`" + ` and the like are
let pass, so that ` + "`?v=2`" + ` makes an image proxy fetch a picture anew.

## Charts

`

const badgesIntro = `## Badges

| address | badge |
| --- | --- |
`

const paramsIntro = `## Parameters

Names may be written in snake case (` + "`file_type`" + `), and in any case. A filter takes one
value or several with commas; with ` + "`!`" + ` before them, all others.

`

const numbersText = `## Numbers

The columns of a chart's file, one row for each line and interval:

| column | |
| --- | --- |
| ` + "`date`" + ` | the interval's first day; of a donut, a ranking or a map the range's |
| ` + "`project`" + ` | empty for all of PyPI |
| ` + "`value`" + ` | of the split; empty without one, for what is left and for what was not reported |
| ` + "`label`" + ` | the value as people call it, Other for what is left, Unknown for what was not reported |
| ` + "`complete`" + ` | the interval lies wholly in the range, and all of it is loaded |
| ` + "`total`" + ` | as drawn; empty where nothing is loaded |

` + "`/rankings.csv`, `.ndjson` and `.parquet`" + ` list every project of a slice with
` + "`position`, `project` and `total`" + `, the most downloaded first. They are sent as
ClickHouse gives them; a list that fails on its way ends with the connection and
never looks whole.
`

// made are the files of the documentation, by their names below docs.
func made() (map[string][]byte, error) {
	files := map[string][]byte{}
	var b strings.Builder
	b.WriteString(intro)
	for _, e := range examples {
		d, err := e.draw()
		if err != nil {
			return nil, err
		}
		name := "pictures/" + e.file + ".svg"
		files[name] = d.SVG(draw.Auto, draw.File)
		fmt.Fprintf(&b, "%s\n\n```\n%s\n```\n\n![%s](%s)\n\n", e.what, e.address(), d.Title, name)
		if e.file == "split" {
			files["pictures/readme-light.svg"], files["pictures/readme-dark.svg"] = d.SVG(draw.Light, draw.File), d.SVG(draw.Dark, draw.File)
		}
	}
	b.WriteString(badgesIntro)
	for _, s := range shields {
		d, err := s.draw()
		if err != nil {
			return nil, err
		}
		name := "pictures/" + s.file + ".svg"
		files[name] = d.SVG(draw.Light, draw.File)
		query := s.query
		if query != "" {
			query = "?" + query
		}
		fmt.Fprintf(&b, "| `/badge/pandas.svg%s` | ![%s](%s) |\n", query, strings.ReplaceAll(d.Title, "|", "-"), name)
	}
	b.WriteString("\n" + paramsIntro)
	b.WriteString("### Of charts\n\n" + table(picture.OfChart))
	b.WriteString("\n### Of badges\n\n" + table(picture.OfBadge))
	b.WriteString("\n### Of /rankings\n\n" + table(picture.OfRankings))
	b.WriteString("\n" + numbersText)
	files["PICTURES.md"] = []byte(b.String())
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

// table is the parameters of one use.
func table(use picture.Use) string {
	var b strings.Builder
	b.WriteString("| parameter | values | default | |\n| --- | --- | --- | --- |\n")
	for _, p := range picture.Parameters {
		if p.Of&use == 0 {
			continue
		}
		values := p.Form
		if len(p.Choices) > 0 {
			values = "`" + strings.Join(p.Choices, "`, `") + "`"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", p.Name, values, p.Default, p.Doc)
	}
	return b.String()
}
