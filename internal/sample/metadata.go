package sample

import (
	"context"
	"fmt"
	"math/bits"
	"strings"

	"clickql/internal/chconn"
)

// metadataProjects is the number of projects in one file of metadata.
const metadataProjects = 500

// metadataColumns are what the metadata has beside releaseColumns.
const metadataColumns = ", at Int64, metadata_version LowCardinality(String), name LowCardinality(String), summary LowCardinality(String), " +
	"description LowCardinality(String), author LowCardinality(String), author_email LowCardinality(String), maintainer LowCardinality(String), " +
	"license LowCardinality(String), keywords LowCardinality(String), home_page LowCardinality(String), requires_python LowCardinality(String), " +
	"size Int64, classifiers Array(String), project_urls Array(String), requires_dist Array(String)"

// writeMetadata writes one file of metadata, a row for each uploaded file, and
// returns the number of rows.
func (w *world) writeMetadata(ctx context.Context, conn *chconn.Conn, list []project, path string) (int64, error) {
	table, err := newTable("releases", releaseColumns+metadataColumns)
	if err != nil {
		return 0, err
	}
	id, files := uint32(0), int64(0)
	for i := range list {
		p := &list[i]
		for k := range p.releases {
			r := &p.releases[k]
			id++
			files += r.files(p.form, w.lines)
			if err := table.Append(append(releaseRow(id, p, r, len(w.lines)), w.metadataRow(p, r, k)...)...); err != nil {
				return 0, err
			}
		}
	}
	params := pythonParams(w.lines, w.until)
	wanted := map[string]any{"python_tags": params["python_tags"], "pythons_known": params["pythons_known"], "platform_tags": params["platform_tags"]}
	if err := send(ctx, conn, metadataQuery(path), wanted, table); err != nil {
		return 0, fmt.Errorf("write %s: %w", path, err)
	}
	return files, nil
}

// files is the number of files of a release.
func (r *release) files(f form, lines []pythonLine) int64 {
	n, platforms := int64(0), int64(bits.OnesCount8(f.platforms))
	if f.sdist {
		n = 1
	}
	switch f.wheels {
	case oneWheel:
		n++
	case platformWheels:
		n += platforms
	case pythonWheels:
		n += platforms * int64(r.newest-r.oldest+1)
		for _, l := range lines[r.oldest : r.newest+1] {
			if l.freeThreaded() != "" {
				n += platforms
			}
		}
	}
	return n
}

// metadataRow is a row of metadataColumns, for a project's k-th release. What
// people leave out is left out of some projects.
func (w *world) metadataRow(p *project, r *release, k int) []any {
	has := func(field, of uint64) bool { return hash(forText, p.id, field)%of != 0 }
	when := func(holds bool, text string) string {
		if holds {
			return text
		}
		return ""
	}
	owner, _, _ := strings.Cut(p.repo, "/")
	repository, docs := "https://github.com/"+p.repo, "https://"+p.key+".readthedocs.io/"
	urls := []string{[]string{"Source", "Source Code", "Repository", "GitHub"}[p.id%4] + ", " + repository}
	if has(1, 3) {
		urls = append(urls, "Documentation, "+docs)
	}
	if has(2, 2) {
		urls = append(urls, "Issue Tracker, "+repository+"/issues")
	}
	description := fmt.Sprintf("# %s\n\n%s\n\n## Installation\n\n```\npip install %s\n```\n\nSource code and issues: <%s>. License: %s.\n",
		p.name, p.summary, p.key, repository, p.license)
	version := "2.1"
	if r.day >= dayOf(2024, 12, 1) {
		version = "2.4"
	}
	home := repository
	if !has(3, 3) {
		home = docs
	}
	return []any{
		(r.day.unix()+7*3600+int64(hash(forText, p.id, uint64(k))%50400))*1_000_000 + int64(k),
		version, p.name, p.summary, description,
		when(has(4, 9), owner), when(has(5, 4), strings.ToLower(owner)+"@users.noreply.github.com"), when(!has(6, 4), p.name+" maintainers"),
		p.license, strings.Join(strings.Split(p.key, "-"), ","), when(has(7, 4), home), w.requiresPython(p, r),
		p.size(k), w.classifiers(r), urls, append([]string{}, p.requires...),
	}
}

// requiresPython is the requirement that admits a release's oldest Python.
func (w *world) requiresPython(p *project, r *release) string {
	switch {
	case r.day < dayOf(2016, 12, 1):
		return "" // the field came with metadata 1.2 and pip 9
	case r.oldest > 0:
		return ">=" + w.lines[r.oldest].name
	case p.form.anyPython && p.form.tag != "py2.py3-none-any":
		return ""
	}
	return ">=2.7, !=3.0.*, !=3.1.*, !=3.2.*"
}

// classifiers of a release.
func (w *world) classifiers(r *release) []string {
	list := []string{"Development Status :: 5 - Production/Stable", "Intended Audience :: Developers", "Programming Language :: Python"}
	for m := r.oldest; m < len(w.lines) && w.lines[m].released <= r.day; m++ {
		list = append(list, "Programming Language :: Python :: "+w.lines[m].name)
	}
	return list
}

// size is the usual number of bytes of the files of a project's k-th release:
// releases grow slowly, and compiled ones are large.
func (p *project) size(k int) int64 {
	base := 18_000 + 400_000*unit(forText, p.id)
	if p.form.wheels >= platformWheels {
		base *= 30
	}
	return int64(base * (1 + 0.012*float64(k)))
}
