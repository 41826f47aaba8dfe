// Package render lays pictures out: charts of downloads, badges, and messages in
// their place. What it gives is a draw.Drawing, which is then an SVG or a PNG. It
// is pure: the same spec gives the same bytes.
//
// # Rules of the pictures
//
// Values axes begin at zero, but for a logarithmic one. Ticks stand 48 to 90
// pixels apart at 1, 2 and 5 times powers of ten; those of time on Mondays, firsts
// of a month and Januaries, which are bold. An interval that is not complete is
// dashed, hatched or hollow, and the subtitle says so; one without data is a
// hatched gap and never a zero. Texts never touch, and are 11 pixels high or more:
// a chart is laid out for several widths, of which the file's style sheet shows
// the one that fits the screen. What has no room is left out by importance, whole,
// and counted.
//
// Lines are named at their ends, stacks in a legend. Fills are opaque, and
// neighbours keep a distance that the three dichromacies see, too (see palette).
package render
