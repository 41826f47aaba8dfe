package cube

import (
	"slices"
	"strings"

	"clickql/internal/country"
)

// Dimension is what downloads can be split or filtered by. Its text is the
// name of the value in the GraphQL enum Dimension.
type Dimension string

// The dimensions of the download cube, in the order of the GraphQL enum.
const (
	Project   Dimension = "PROJECT"
	Version   Dimension = "VERSION"
	Country   Dimension = "COUNTRY"
	Python    Dimension = "PYTHON"
	System    Dimension = "SYSTEM"
	Installer Dimension = "INSTALLER"
	FileType  Dimension = "FILE_TYPE"
	CI        Dimension = "CI"
	Libc      Dimension = "LIBC"
	// What a wheel is for, by the tags in its file's name.
	Platform Dimension = "PLATFORM"
	Arch     Dimension = "ARCH"
	ABI      Dimension = "ABI"
	// What else the client reports of itself.
	CPU              Dimension = "CPU"
	Distro           Dimension = "DISTRO"
	Implementation   Dimension = "IMPLEMENTATION"
	InstallerVersion Dimension = "INSTALLER_VERSION"
)

// entry is what is known of a dimension.
type entry struct {
	name Dimension
	// column holds the dimension in the raw table and in every aggregate that has
	// it, under ClickPy's name.
	column string
	// form is how that column holds it.
	form form
	// filter is the field of the GraphQL input DownloadsFilter; empty for the
	// project, which arguments of their own name.
	filter string
	// word stands for the dimension in names of aggregates.
	word string
	// values is how many values a project is typically seen with (of the project:
	// how many projects a database has): what one value of a filter is expected to
	// leave over. Only ratios between tables depend on it, never a result.
	values float64
	// title is what people call the dimension, in the middle of a sentence.
	title string
	// label is what people call a value; nil where they call it what it is.
	label func(value string) string
}

// entries is the one table of dimensions, in the order of the GraphQL enum. Its
// rows name no fields, so that one that leaves something out does not compile.
var entries = []entry{
	{Project, "project", text, "", "project", 1000, "project", nil},
	{Version, "version", text, "version", "version", 60, "version", nil},
	{Country, "country_code", text, "country", "country", 100, "country", country.Name},
	{Python, "python_minor", text, "python", "python", 10, "Python version", nil},
	{System, "system", text, "system", "system", 4, "system", nil},
	{Installer, "installer", text, "installer", "installer", 12, "installer", nil},
	{FileType, "type", text, "fileType", "file_type", 3, "file type", nil},
	{CI, "ci", enum, "ci", "ci", 3, "CI", nil},
	{Libc, "libc", pair("lib", "version"), "libc", "libc", 30, "C library", nil},
	{Platform, "platform", text, "platform", "platform", 10, "platform", nil},
	{Arch, "arch", text, "arch", "arch", 5, "architecture", nil},
	{ABI, "abi", text, "abi", "abi", 10, "ABI", nil},
	{CPU, "cpu", text, "cpu", "cpu", 5, "processor", nil},
	{Distro, "distro", text, "distro", "distro", 40, "distribution", nil},
	{Implementation, "implementation", text, "implementation", "implementation", 3, "implementation", nil},
	{InstallerVersion, "installer_version", text, "installerVersion", "installer_version", 60, "installer version", nil},
}

// Dimensions lists every dimension, in the order of the GraphQL enum.
var Dimensions = names(entries)

// OfProject lists what downloads of one project are split and filtered by.
var OfProject = Dimensions[1:]

// ClickPy lists the dimensions that the raw tables of ClickPy's deployments have.
var ClickPy = Dimensions[:Libc.place()+1]

// Later lists the others: a raw table may lack their columns, or have got them
// when it had rows already, of which they then say nothing.
var Later = Dimensions[Libc.place()+1:]

// names are the dimensions of a table.
func names(table []entry) []Dimension {
	out := make([]Dimension, len(table))
	for i, e := range table {
		out[i] = e.name
	}
	return out
}

// DimensionOf is the dimension that the column holds; ok is false where the
// column holds none.
func DimensionOf(column string) (d Dimension, ok bool) {
	for _, e := range entries {
		if e.column == column {
			return e.name, true
		}
	}
	return "", false
}

// Sorted lists the dimensions of the set in the enum's order.
func Sorted(set map[Dimension]bool) []Dimension {
	out := make([]Dimension, 0, len(set))
	for _, e := range entries {
		if set[e.name] {
			out = append(out, e.name)
		}
	}
	return out
}

// entry is the dimension's row; the zero row for what is no dimension.
func (d Dimension) entry() entry {
	if i := d.place(); i >= 0 {
		return entries[i]
	}
	return entry{}
}

// place is where the dimension stands in the enum; -1 for what is none.
func (d Dimension) place() int {
	return slices.IndexFunc(entries, func(e entry) bool { return e.name == d })
}

// Known reports that there is such a dimension.
func (d Dimension) Known() bool { return d.place() >= 0 }

// Compare orders dimensions as the enum does.
func (d Dimension) Compare(o Dimension) int { return d.place() - o.place() }

// Column is the name of the column that holds the dimension, in the raw table
// and in every aggregate that has it.
func (d Dimension) Column() string { return d.entry().column }

// Value is the SQL of the dimension's value as a String.
func (d Dimension) Value() string { e := d.entry(); return e.form.value(e.column) }

// Holding is what a column of the ClickHouse type holds in the rows that have one of
// the values, and in no others: the column with a list, or the elements of a pair with
// two of the same length. To compare these costs less than to compare Value, and a
// sorting key finds rows by them. None where Value is the column, or where that cannot
// be told.
func (d Dimension) Holding(typ string, values []string) (columns []string, lists [][]string) {
	return d.entry().form.holding(d.Column(), typ, values)
}

// Group is the SQL of what rows of one value of the dimension agree on: the bare
// column where that is enough. Functions that lose nothing, such as toString,
// ClickHouse takes out of GROUP BY before it asks other servers, which then do
// not find what grouping() is about.
func (d Dimension) Group() string {
	if e := d.entry(); e.form.lossless() {
		return e.column
	}
	return d.Value()
}

// HeldBy reports that a column of the ClickHouse type can hold the dimension.
func (d Dimension) HeldBy(typ string) bool { return d.entry().form.has(typ) }

// FilterField is the field of the GraphQL input DownloadsFilter that restricts
// the dimension; empty for the project, which arguments of their own name.
func (d Dimension) FilterField() string { return d.entry().filter }

// Word stands for the dimension in names of tables: python of python_minor.
func (d Dimension) Word() string { return d.entry().word }

// Parameter is the dimension's name in addresses: file_type of FILE_TYPE.
func (d Dimension) Parameter() string { return strings.ToLower(string(d)) }

// Title is what people call the dimension, in the middle of a sentence: file type.
func (d Dimension) Title() string { return d.entry().title }

// TypicalValues is how many values of the dimension a project is seen with.
func (d Dimension) TypicalValues() float64 { return d.entry().values }

// Labels of slices whose value is not its own name.
const (
	// Others labels what is left besides the values that are listed.
	Others = "Other"
	// Unknown labels the empty value: the download did not tell.
	Unknown = "Unknown"
)

// Label is a value of the dimension as people call it: a country's name, and
// what is not known by another name by itself.
func (d Dimension) Label(value string) string {
	if value == "" {
		return Unknown
	}
	if label := d.entry().label; label != nil && label(value) != "" {
		return label(value)
	}
	return value
}
