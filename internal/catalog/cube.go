package catalog

import "clickql/internal/cube"

// What a snapshot tells about is said in the words of package cube.
type (
	// Dimension is cube.Dimension.
	Dimension = cube.Dimension
	// Day is cube.Day.
	Day = cube.Day
	// Range is cube.Range.
	Range = cube.Range
	// Grain is cube.Grain.
	Grain = cube.Grain
)

// The grains of package cube.
const (
	GrainDay   = cube.GrainDay
	GrainMonth = cube.GrainMonth
	GrainNone  = cube.GrainNone
)

// The dimensions of package cube.
const (
	Project   = cube.Project
	Version   = cube.Version
	Country   = cube.Country
	Python    = cube.Python
	System    = cube.System
	Installer = cube.Installer
	FileType  = cube.FileType
	CI        = cube.CI
	Libc      = cube.Libc
)

// MaxDay is cube.MaxDay.
const MaxDay = cube.MaxDay

// Dimensions is cube.Dimensions.
var Dimensions = cube.Dimensions

// DimensionOf is cube.DimensionOf.
func DimensionOf(column string) (Dimension, bool) { return cube.DimensionOf(column) }

// ParseDay is cube.ParseDay.
func ParseDay(s string) (Day, error) { return cube.ParseDay(s) }

// DayOf is cube.DayOf.
var DayOf = cube.DayOf
