// Package render draws answers: charts of downloads over time, badges, and
// messages in their place, as SVG. It is pure: the same spec gives the same
// bytes.
//
// # Why it draws by itself
//
// The elements are written by svgo, lines are thinned by orb/simplify, text is
// measured with the tables of a real font; scales and layout are this
// package's own. Charting libraries were tried first and fall short where a
// picture in a README shows it. github.com/go-analyze/charts 0.6 (and its
// ancestor go-chart) rounds every coordinate to whole pixels, so that a line of
// several hundred days stairs; its time axis counts categories, so that ticks
// stand on days like November 2 instead of month starts; it centres and aligns
// text by the width of its own font instead of text-anchor, which is off in any
// other; colours are inline styles, without classes for a second theme; and
// there is no title or description for screen readers nor a line that is dashed
// in part. gonum/plot places text the same way and is made for print.
//
// # Rules of the pictures
//
// Values axes begin at zero. Ticks of time stand on Mondays, firsts of a month
// and Januaries, and never touch. An interval that the data covers only in part
// is faint and dashed. Text is text, in the reader's own fonts, and every text
// given is cleaned, shortened to its room and escaped; attributes hold nothing
// that was given. A picture has no script, no link and no reference to another
// address; its only style sheet is that of the Auto theme, which a
// Content-Security-Policy must allow (style-src 'unsafe-inline').
package render
