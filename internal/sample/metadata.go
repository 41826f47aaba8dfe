package sample

import (
	"context"
	"fmt"
	"math/bits"

	"github.com/ClickHouse/clickhouse-go/v2/ext"

	"clickql/internal/chconn"
)

// metadataFile is one file of distribution metadata: that of some projects.
type metadataFile struct {
	name     string
	projects []project
}

// metadataProjects is the number of projects in one file of metadata.
const metadataProjects = 500

// planMetadata divides the projects that have releases over files.
func (w *world) planMetadata() []metadataFile {
	var files []metadataFile
	for from := 0; from < len(w.projects); from += metadataProjects {
		files = append(files, metadataFile{
			name:     fmt.Sprintf("projects-%012d.parquet", len(files)),
			projects: w.projects[from:min(from+metadataProjects, len(w.projects))],
		})
	}
	return files
}

// writeMetadata writes one file of metadata, a row for each uploaded file, and
// returns the number of rows.
func (w *world) writeMetadata(ctx context.Context, conn *chconn.Conn, f metadataFile, path string) (int64, error) {
	projects, err := projectTable(f.projects)
	if err != nil {
		return 0, err
	}
	releases, rows, err := w.releaseTable(f.projects)
	if err != nil {
		return 0, err
	}
	m := mix{params: map[string]any{}}
	m.addPythons(w.lines)
	params := map[string]any{"python_tags": m.params["python_tags"], "platform_tags": m.params["platform_tags"], "file_types": fileTypes()}
	if err := send(ctx, conn, metadataQuery(path), params, projects, releases); err != nil {
		return 0, fmt.Errorf("write %s: %w", f.name, err)
	}
	return rows, nil
}

// projectTable is what the releases of a project have in common.
func projectTable(list []project) (*ext.Table, error) {
	var id []uint32
	var name, summary, description, author, email, maintainer, license, keywords, home, download []string
	var urls, requires [][]string
	for i := range list {
		p := &list[i]
		id = append(id, uint32(i))
		name, summary, description = append(name, p.name), append(summary, p.summary), append(description, p.description())
		author, email = append(author, p.author()), append(email, p.email())
		maintainer, license = append(maintainer, p.maintainer()), append(license, p.license)
		keywords, home, download = append(keywords, p.keywords()), append(home, p.homePage()), append(download, p.downloadURL())
		urls, requires = append(urls, p.urls()), append(requires, append([]string{}, p.requires...))
	}
	return columns("projects",
		column{"id", "UInt32", id}, column{"name", "String", name}, column{"summary", "String", summary},
		column{"description", "String", description}, column{"author", "String", author},
		column{"author_email", "String", email}, column{"maintainer", "String", maintainer},
		column{"license", "String", license}, column{"keywords", "String", keywords}, column{"home_page", "String", home},
		column{"download_url", "String", download}, column{"project_urls", "Array(String)", urls},
		column{"requires_dist", "Array(String)", requires})
}

// releaseTable is the releases of projects and how many files they have.
func (w *world) releaseTable(list []project) (table *ext.Table, files int64, err error) {
	var id []uint32
	var version, base, sbase, tag, extension, python, metadata, via []string
	var at, size []int64
	var shape, sdist, platforms, from, to, wheelType []uint8
	var classifiers [][]string
	for i := range list {
		p := &list[i]
		for k := range p.releases {
			r := &p.releases[k]
			f := formOf(p, r)
			wheel, source := stems(p, r)
			id, version = append(id, uint32(i)), append(version, r.version)
			base, sbase, tag = append(base, wheel), append(sbase, source), append(tag, f.tag)
			extension, wheelType = append(extension, f.extension), append(wheelType, f.wheelType)
			python, metadata = append(python, requiresPython(w.lines, p, r)), append(metadata, metadataVersion(r.day))
			via = append(via, uploadedVia(r.day))
			at = append(at, (r.day.unix()+int64(r.second))*1_000_000+int64(hash(forRelease, uint64(r.day), uint64(k))%1_000_000))
			size = append(size, p.size(k))
			shape, sdist, platforms = append(shape, f.shape), append(sdist, f.sdist), append(platforms, f.platforms)
			from, to = append(from, uint8(r.oldest)+1), append(to, uint8(r.newest)+1)
			classifiers = append(classifiers, p.classifiers(w.lines, r))
			files += f.files(r)
		}
	}
	table, err = columns("releases",
		column{"id", "UInt32", id}, column{"version", "String", version}, column{"base", "String", base},
		column{"sbase", "String", sbase}, column{"tag", "String", tag}, column{"extension", "String", extension},
		column{"wheel_type", "UInt8", wheelType}, column{"requires_python", "String", python},
		column{"metadata_version", "String", metadata}, column{"uploaded_via", "String", via},
		column{"at", "Int64", at}, column{"size", "Int64", size}, column{"shape", "UInt8", shape},
		column{"sdist", "UInt8", sdist}, column{"platforms", "UInt8", platforms},
		column{"wheel_from", "UInt8", from}, column{"wheel_to", "UInt8", to},
		column{"classifiers", "Array(String)", classifiers})
	return table, files, err
}

// files is the number of files of a release.
func (f form) files(r *release) int64 {
	n := int64(f.sdist)
	switch f.shape {
	case oneWheel:
		n++
	case platformWheels:
		n += int64(bits.OnesCount8(f.platforms))
	case pythonWheels:
		n += int64(bits.OnesCount8(f.platforms)) * int64(r.newest-r.oldest+1)
	}
	return n
}

// metadataQuery writes one file of metadata at a path.
func metadataQuery(path string) string {
	return "INSERT INTO FUNCTION file(" + chconn.Literal(path) + ", 'Parquet')" + metadataSelect + writeSettings(2048, 16384)
}

const metadataSelect = `
SELECT
    metadata_version,
    name,
    version,
    nullIf(summary, '') AS summary,
    description,
    'text/markdown' AS description_content_type,
    nullIf(author, '') AS author,
    nullIf(author_email, '') AS author_email,
    nullIf(maintainer, '') AS maintainer,
    CAST(NULL, 'Nullable(String)') AS maintainer_email,
    nullIf(license, '') AS license,
    nullIf(keywords, '') AS keywords,
    classifiers,
    CAST([], 'Array(String)') AS platform,
    nullIf(home_page, '') AS home_page,
    nullIf(download_url, '') AS download_url,
    nullIf(requires_python, '') AS requires_python,
    CAST([], 'Array(String)') AS requires,
    CAST([], 'Array(String)') AS provides,
    CAST([], 'Array(String)') AS obsoletes,
    requires_dist,
    CAST([], 'Array(String)') AS provides_dist,
    CAST([], 'Array(String)') AS obsoletes_dist,
    CAST([], 'Array(String)') AS requires_external,
    project_urls,
    uploaded_via,
    fromUnixTimestamp64Micro(at + toInt64(number) * 1731000, 'UTC') AS upload_time,
    f.1 AS filename,
    intDiv(size * (900 + cityHash64(f.1) % 200), 1000) AS size,
    concat(` + metadataPath + `, '/', f.1) AS path,
    f.3 AS python_version,
    f.2 AS packagetype,
    CAST(NULL, 'Nullable(String)') AS comment_text,
    false AS has_signature,
    lower(hex(MD5(f.1))) AS md5_digest,
    lower(hex(SHA256(f.1))) AS sha256_digest,
    lower(hex(SHA256(concat('blake2:', f.1)))) AS blake2_256_digest
FROM (
    SELECT *,
        arrayFilter(i -> bitTest(platforms, i), range(1, 7)) AS on,
        {file_types:Array(String)}[wheel_type] AS type,
        arrayConcat(
            if(sdist = 1, [(concat(sbase, '.tar.gz'), 'sdist', 'source')], []),
            multiIf(
                shape = 1, [(concat(base, '-', tag, extension), type, if(extension = '.egg', '2.7', splitByChar('-', tag)[1]))],
                shape = 2, arrayMap(i -> (concat(base, '-', tag, '-', {platform_tags:Array(String)}[i], extension), type, splitByChar('-', tag)[1]), on),
                shape = 3, arrayFlatten(arrayMap(m -> arrayMap(i -> (
                    concat(base, '-', {python_tags:Array(String)}[m], '-', {platform_tags:Array(String)}[i], extension), type,
                    splitByChar('-', {python_tags:Array(String)}[m])[1]), on), range(wheel_from, wheel_to + 1))),
                [])) AS files
    FROM releases
) AS r
ARRAY JOIN files AS f, arrayEnumerate(files) AS number
INNER JOIN projects AS p ON r.id = p.id`

// metadataPath is the folder of a file, as the downloads have it.
const metadataPath = `replaceRegexpOne(lower(hex(SHA256(concat('blake2:', f.1)))), '^(..)(..)', '\\1/\\2/')`
