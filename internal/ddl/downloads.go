package ddl

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"clickql/internal/cube"
)

// RawTable is the name of the table of single downloads.
const RawTable = "pypi"

// Partition keys. A part of a daily table holds a year: few enough for the
// table's whole history to stay a handful of parts, and a day is found by the
// sorting key. The raw table's partition is a month, the unit in which history
// is dropped or moved. Partitions need the day, so the others have none.
const (
	byMonth = "toYYYYMM(date)"
	byYear  = "toYear(date)"
)

// Codecs, chosen by size on 4 million made-up downloads in tables of the
// narrowest and the widest key. Days ascend within a key: deltas halve them.
// Counts are small numbers in eight bytes: T64 leaves out the bits that none of
// them uses, and they take a third of ZSTD alone. Names come in long runs, which
// ZSTD(1) keeps worse than LZ4, and ZSTD(3) better than either.
const (
	codecDate  = "Delta(2), ZSTD(1)"
	codecCount = "T64, ZSTD(1)"
	codecText  = "ZSTD(3)"
	// codecWide is for the values of tables that keep many columns apart, where
	// LZ4, the server's default, takes half as much again.
	codecWide = "ZSTD(1)"
	// codecDense is for those of them that take the most room. It takes a twentieth off,
	// which ZSTD(3) does not.
	codecDense = "ZSTD(6)"
)

// downloadColumns holds the raw table's columns in order.
func downloadColumns() []Column {
	const lowCardinality = "LowCardinality(String)"
	return []Column{
		{Name: "date", Type: "Date", Codec: codecDate, Comment: "Day of the download, UTC"},
		{Name: "country_code", Type: lowCardinality, Comment: "Country that the download came from, ISO 3166-1 alpha-2; empty where unknown"},
		{Name: "project", Type: "String", Codec: codecText, Comment: "Name of the project, normalised as PEP 503 says"},
		{Name: "type", Type: lowCardinality, Comment: "Type of the file, such as bdist_wheel or sdist"},
		{Name: "installer", Type: lowCardinality, Comment: "Name of the installing tool, such as pip; empty where unknown"},
		{Name: "python_minor", Type: lowCardinality, Comment: "Version of Python, its first two parts, such as 3.12; empty where unknown"},
		{Name: "system", Type: lowCardinality, Comment: "Operating system, such as Linux; empty where unknown"},
		{Name: "version", Type: "String", Codec: codecText, Comment: "Version of the project"},
		{Name: "ci", Type: "Enum8('false' = 0, 'true' = 1, 'unknown' = 2)", Default: "'unknown'", Comment: "Whether the installer ran in continuous integration; unknown where it did not say"},
		{Name: "filename", Type: "String", Codec: codecText, Comment: "Name of the downloaded file"},
		{Name: "libc", Type: "Tuple(lib LowCardinality(String), version LowCardinality(String))", Comment: "C library and its version, such as (glibc, 2.31); empty where unknown"},
		{Name: "platform", Type: lowCardinality, Comment: "What a wheel runs on, its floor, such as manylinux_2_17; any for all; empty where the file is no wheel"},
		{Name: "arch", Type: lowCardinality, Comment: "Machine that a wheel is for, such as x86_64; any for all, multi for several; empty where the file is no wheel"},
		{Name: "abi", Type: lowCardinality, Comment: "ABI tag of a wheel, such as cp313, abi3 or none; empty where the file is no wheel"},
		{Name: "cpu", Type: lowCardinality, Comment: "Processor of the client, such as x86_64; empty where unknown"},
		{Name: "distro", Type: lowCardinality, Comment: "Linux distribution of the client and its version, such as Ubuntu 24.04; empty where unknown"},
		{Name: "implementation", Type: lowCardinality, Comment: "Python of the client, such as CPython; empty where unknown"},
		{Name: "installer_version", Type: lowCardinality, Comment: "Installing tool and the first two parts of its version, such as pip 24.0; empty where unknown"},
	}
}

// rawTable is the table of single downloads.
func rawTable() Table {
	return Table{
		Name: RawTable, Kind: Raw, Engine: "MergeTree",
		Comment:     "Downloads of files from PyPI, one row each",
		Columns:     downloadColumns(),
		OrderBy:     []string{"project", "date", "version", "country_code", "python_minor", "system"},
		PartitionBy: byMonth,
	}
}

// clickPyCounts lists ClickPy's own tables that count downloads by a key. Names
// and keys are those that its deployments have.
func clickPyCounts() []Table {
	return []Table{
		fine(countsBy("pypi_downloads", "project")),
		countsBy("pypi_downloads_by_version", "project", "version"),
		fine(countsBy("pypi_downloads_per_day", "project", "date")),
		fine(countsBy("pypi_downloads_per_month", "month", "project")),
		countsBy("pypi_downloads_per_day_by_version", "project", "version", "date"),
		countsBy("pypi_downloads_per_day_by_installer", "project", "date", "installer"),
		countsBy("pypi_downloads_per_day_by_version_by_country", "project", "version", "date", "country_code"),
		countsBy("pypi_downloads_per_day_by_version_by_file_type", "project", "version", "date", "type"),
		countsBy("pypi_downloads_per_day_by_version_by_python", "project", "version", "date", "python_minor"),
		countsBy("pypi_downloads_per_day_by_version_by_python_by_country", "project", "version", "date", "country_code", "python_minor"),
		countsBy("pypi_downloads_per_day_by_version_by_system", "project", "version", "date", "system"),
		countsBy("pypi_downloads_per_day_by_version_by_system_by_country", "project", "version", "date", "country_code", "system"),
		countsBy("pypi_downloads_per_day_by_version_by_installer_by_type", "project", "version", "date", "installer", "type"),
		countsBy("pypi_downloads_per_day_by_version_by_installer_by_type_by_country", "project", "version", "date", "country_code", "installer", "type"),
	}
}

// fine is the table with an eighth of the rows to a mark of its index that servers take
// by themselves. It is for tables in which a question about one project finds a few
// rows: each part that holds any costs a mark's rows, and between two merges there are
// parts for every load. What these tables hold is small beside the others, so that the
// longer index is too.
func fine(t Table) Table {
	t.Settings = "index_granularity = 1024"
	return t
}

// countsBy is the table that counts downloads by the key.
func countsBy(name string, key ...string) Table {
	t := Table{
		Name: name, Kind: Counts, Engine: "SummingMergeTree(count)",
		Comment:  "Downloads by " + strings.Join(key, ", "),
		OrderBy:  key,
		computed: map[string]string{"count": "count()", "month": "toStartOfMonth(date)"},
	}
	for _, k := range key {
		t.Columns = append(t.Columns, keyColumn(k))
		if k == "date" {
			t.PartitionBy = byYear
		}
	}
	t.Columns = append(t.Columns, Column{Name: "count", Type: "Int64", Codec: codecCount, Comment: "Downloads; rows with the same key add up"})
	return t
}

// pairs lists what completes ClickPy's tables to any two dimensions of a project,
// day by day, of which one is split by and the other filtered on, and to most of three
// and four, of which two or three are filtered on: each set is in the key of some
// table. The first has what few values are taken of; the others go on with the country
// and with the version, in a third of the raw table's rows at the most of a project of
// many downloads. One with both would be nearly as long as the raw table. What they
// leave is the version and the country together with CI or with the C library, by
// each or under the other: these read the raw table. A table for them would bring all
// aggregates over twice ClickPy's bytes (docs/COVERAGE.md has the curve). The days come
// right after the project, so that a range reads its days only; then what takes few
// values, which packs best, but for the version, a text that is cheapest in long runs.
func pairs() []Table {
	const client = "pypi_downloads_per_day_by_python_by_system_by_installer_by_type_by_ci_by_libc"
	key := []string{"project", "date", "ci", "libc", "system", "installer", "type", "python_minor"}
	return []Table{
		dense(client, key...),
		dense(client+"_by_country", slices.Concat(key, []string{"country_code"})...),
		dense("pypi_downloads_per_day_by_version_by_python_by_system_by_installer_by_type_by_ci_by_libc",
			slices.Concat([]string{"project", "date", "version"}, key[2:])...),
	}
}

// totals lists the tables about all projects together. Each has as many rows as
// days times values; the last two serve splits under one filter.
func totals() []Table {
	return []Table{
		wide("pypi_total_per_day_by_country", "date", "country_code"),
		wide("pypi_total_per_day_by_python", "date", "python_minor"),
		wide("pypi_total_per_day_by_system", "date", "system"),
		wide("pypi_total_per_day_by_installer", "date", "installer"),
		wide("pypi_total_per_day_by_file_type", "date", "type"),
		wide("pypi_total_per_day_by_ci", "date", "ci"),
		wide("pypi_total_per_day_by_libc", "date", "libc"),
		wide("pypi_total_per_day_by_country_by_installer", "date", "installer", "country_code"),
		wide("pypi_total_per_day_by_python_by_system_by_installer_by_type_by_ci_by_libc",
			"date", "ci", "libc", "system", "installer", "type", "python_minor"),
	}
}

// rankings lists the tables that projects are ranked from: by the days first, so
// that a range reads as many rows as it has projects' days, times the values of a
// filter. No versions: they mean something only within a project. The last
// one tells people from machines, see cube.Slice.People.
func rankings() []Table {
	tables := append([]Table{ranking("")}, rankingsBy(cube.ClickPy[2:])...)
	return append(tables, ranking("_by_installer_by_ci", "ci", "installer"))
}

// rankingsBy is a ranking under a filter on each of the dimensions.
func rankingsBy(dims []cube.Dimension) []Table {
	var tables []Table
	for _, d := range dims {
		tables = append(tables, ranking("_by_"+d.Word(), d.Column()))
	}
	return tables
}

// ranking is the table that projects are ranked from by some columns. What a filter
// leaves of a day is a run of rows, which costs the marks that it begins and ends in,
// too: these are short. They are read in long runs, so that many marks are packed
// together, which takes a sixth off: for which a part must be wide, as otherwise each
// mark is packed by itself. A C library may be held as several pairs (cube.Dimension's
// Holding), each of which costs a mark every day: half as long ones.
func ranking(suffix string, columns ...string) Table {
	t := dense("pypi_ranking_per_day"+suffix, slices.Concat([]string{"date"}, columns, []string{"project"})...)
	granule := 1024
	if slices.Contains(columns, cube.Libc.Column()) {
		granule = 512
	}
	t.Settings = fmt.Sprintf("index_granularity = %d, min_compress_block_size = 262144, min_bytes_for_wide_part = 1048576", granule)
	return t
}

// later lists the tables of the dimensions that came later: of a project by each,
// those of a wheel's name together, since they go together; of all projects; and
// rankings under each.
func later() []Table {
	tables := []Table{
		wide("pypi_downloads_per_day_by_platform_by_arch_by_abi", "project", "date", "arch", "platform", "abi"),
		wide("pypi_downloads_per_day_by_cpu_by_implementation", "project", "date", "implementation", "cpu"),
		wide("pypi_downloads_per_day_by_distro", "project", "date", "distro"),
		wide("pypi_downloads_per_day_by_installer_version", "project", "date", "installer_version"),
	}
	for _, d := range cube.Later {
		tables = append(tables, wide("pypi_total_per_day_by_"+d.Word(), "date", d.Column()))
	}
	return append(tables, rankingsBy(cube.Later)...)
}

// wide is countsBy with every column packed well.
func wide(name string, key ...string) Table { return packed(codecWide, name, key...) }

// dense is wide for the tables that take the most room.
func dense(name string, key ...string) Table {
	t := packed(codecDense, name, key...)
	for i := range t.Columns {
		if t.Columns[i].Codec == codecText {
			t.Columns[i].Codec = codecDense
		}
	}
	return t
}

// packed is countsBy with the codec for the columns that have none.
func packed(codec, name string, key ...string) Table {
	t := countsBy(name, key...)
	for i := range t.Columns {
		t.Columns[i].Codec = cmp.Or(t.Columns[i].Codec, codec)
	}
	return t
}

// keyColumn is a column as the raw table has it, or the month.
func keyColumn(name string) Column {
	for _, c := range downloadColumns() {
		if c.Name == name {
			return c
		}
	}
	return Column{Name: "month", Type: "Date", Codec: codecDate, Comment: "First day of the month of the downloads"}
}

// maxMin is the table of each project's first and last day.
func maxMin() Table {
	return fine(Table{
		Name: "pypi_downloads_max_min", Kind: Extremes, Engine: "AggregatingMergeTree",
		Comment: "First and last day with a download, by project",
		Columns: []Column{
			keyColumn("project"),
			{Name: "max_date", Type: "SimpleAggregateFunction(max, Date)", Comment: "Last day with a download"},
			{Name: "min_date", Type: "SimpleAggregateFunction(min, Date)", Comment: "First day with a download"},
		},
		OrderBy:  []string{"project"},
		computed: map[string]string{"max_date": "max(date)", "min_date": "min(date)"},
	})
}
