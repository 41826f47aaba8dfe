package ddl

import (
	"strings"

	"clickql/internal/chconn"
	"clickql/internal/country"
	"clickql/internal/pypi"
)

// projectsTable holds one row for each uploaded file.
func projectsTable() Table {
	return Table{
		Name: "projects", Kind: Metadata, Engine: "MergeTree",
		Comment: "Metadata of distributions, one row for each uploaded file",
		Columns: projectColumns(),
		OrderBy: []string{"name"},
	}
}

// projectColumns holds the columns of BigQuery's distribution metadata.
func projectColumns() []Column {
	const (
		text = "String"
		list = "Array(String)"
	)
	return []Column{
		{Name: "metadata_version", Type: text, Comment: "Version of the metadata's format"},
		{Name: "name", Type: text, Comment: "Name of the project as its author writes it"},
		{Name: "version", Type: text, Comment: "Version of the project"},
		{Name: "summary", Type: text, Comment: "What the project is, in a line"},
		{Name: "description", Type: text, Codec: "ZSTD(3)", Comment: "What the project is, at length"},
		{Name: "description_content_type", Type: text, Comment: "Media type of the description"},
		{Name: "author", Type: text, Comment: "Name of the author"},
		{Name: "author_email", Type: text, Comment: "Address of the author"},
		{Name: "maintainer", Type: text, Comment: "Name of the maintainer"},
		{Name: "maintainer_email", Type: text, Comment: "Address of the maintainer"},
		{Name: "license", Type: text, Comment: "Licence"},
		{Name: "keywords", Type: text, Comment: "Keywords"},
		{Name: "classifiers", Type: list, Comment: "Trove classifiers"},
		{Name: "platform", Type: list, Comment: "Platforms"},
		{Name: "home_page", Type: text, Comment: "Address of the project's home page"},
		{Name: "download_url", Type: text, Comment: "Address to download this version from"},
		{Name: "requires_python", Type: text, Comment: "Versions of Python that this version runs on, a PEP 440 specifier"},
		{Name: "requires", Type: list, Comment: "Requirements, in the form before PEP 345"},
		{Name: "provides", Type: list, Comment: "Names provided, in the form before PEP 345"},
		{Name: "obsoletes", Type: list, Comment: "Names made obsolete, in the form before PEP 345"},
		{Name: "requires_dist", Type: list, Comment: "Projects required, each a PEP 508 requirement"},
		{Name: "provides_dist", Type: list, Comment: "Projects provided"},
		{Name: "obsoletes_dist", Type: list, Comment: "Projects made obsolete"},
		{Name: "requires_external", Type: list, Comment: "Requirements outside PyPI"},
		{Name: "project_urls", Type: list, Comment: "Labelled addresses, each as label, address"},
		{Name: "uploaded_via", Type: text, Comment: "Tool that uploaded the file"},
		{Name: "upload_time", Type: "DateTime64(3, 'UTC')", Comment: "When the file was uploaded"},
		{Name: "filename", Type: text, Comment: "Name of the file"},
		{Name: "size", Type: "Int64", Comment: "Size of the file in bytes"},
		{Name: "path", Type: text, Comment: "Path of the file at PyPI"},
		{Name: "python_version", Type: text, Comment: "Version of Python that the file is for"},
		{Name: "packagetype", Type: text, Comment: "Type of the file, such as bdist_wheel or sdist"},
		{Name: "comment_text", Type: text, Comment: "The uploader's comment"},
		{Name: "has_signature", Type: "Bool", Comment: "Whether a signature was uploaded with the file"},
		{Name: "md5_digest", Type: text, Comment: "MD5 of the file, hexadecimal"},
		{Name: "sha256_digest", Type: text, Comment: "SHA-256 of the file, hexadecimal"},
		{Name: "blake2_256_digest", Type: text, Comment: "BLAKE2b-256 of the file, hexadecimal"},
	}
}

// countriesTable names countries. Its rows come with the binary.
func countriesTable() Table {
	return Table{
		Name: "countries", Kind: Metadata, Engine: "MergeTree",
		Comment: "Countries by code",
		Columns: []Column{
			{Name: "name", Type: "String", Comment: "English name"},
			{Name: "code", Type: "String", Comment: "ISO 3166-1 alpha-2 code"},
		},
		OrderBy: []string{"code"},
	}
}

// insertCountries adds the countries that the table lacks.
func insertCountries(database string) string {
	var rows []string
	for _, c := range country.All() {
		rows = append(rows, "("+chconn.Literal(c.Name)+", "+chconn.Literal(c.Code)+")")
	}
	table := qualified(database, "countries")
	return "INSERT INTO " + table + " (name, code)\nSELECT row.1, row.2\nFROM (SELECT arrayJoin([\n    " +
		strings.Join(rows, ",\n    ") + "\n]) AS row)\nWHERE row.2 NOT IN (SELECT code FROM " + table + ")"
}

// Dictionary is one dictionary over a query of this database.
type Dictionary struct {
	Name    string
	Comment string
	Key     string
	Columns []Column
	query   func(database string) string
}

// Dictionaries lists every dictionary.
func Dictionaries() []Dictionary {
	return []Dictionary{
		{
			Name: "countries_dict", Key: "code",
			Comment: "Names of countries by code",
			Columns: []Column{
				{Name: "code", Type: "String", Comment: "ISO 3166-1 alpha-2 code"},
				{Name: "name", Type: "String", Comment: "English name"},
			},
			query: func(db string) string { return "SELECT code, name FROM " + qualified(db, "countries") },
		},
		{
			Name: "last_updated_dict", Key: "name",
			Comment: "When a file of a project was last uploaded, by normalised name",
			Columns: []Column{
				{Name: "name", Type: "String", Comment: "Name of the project, normalised as PEP 503 says"},
				{Name: "last_update", Type: "DateTime64(3, 'UTC')", Comment: "Newest upload_time"},
			},
			query: func(db string) string {
				return "SELECT " + pypi.FoldedSQL("projects.name") + " AS name, max(upload_time) AS last_update FROM " +
					qualified(db, "projects") + " AS projects GROUP BY 1"
			},
		},
	}
}
