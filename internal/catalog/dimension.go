package catalog

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
)

// Dimensions lists every dimension, in the order of the GraphQL enum.
var Dimensions = []Dimension{Project, Version, Country, Python, System, Installer, FileType, CI, Libc}

// columns names the column that holds each dimension in ClickPy's tables.
var columns = map[Dimension]string{
	Project: "project", Version: "version", Country: "country_code", Python: "python_minor",
	System: "system", Installer: "installer", FileType: "type", CI: "ci", Libc: "libc",
}

// Column is the name of the column that holds the dimension, in the raw table
// and in every aggregate that has it.
func (d Dimension) Column() string { return columns[d] }

// DimensionOf is the dimension that the column holds; ok is false where the
// column holds none.
func DimensionOf(column string) (d Dimension, ok bool) {
	for d, c := range columns {
		if c == column {
			return d, true
		}
	}
	return "", false
}
