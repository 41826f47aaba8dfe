// Package render draws answers: charts of downloads over time, badges, and
// messages in their place, as SVG. It is pure: the same spec gives the same
// bytes.
package render
