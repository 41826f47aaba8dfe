// Package draw is the layer that pictures are drawn to: a list of paths and
// texts in colours that are named by their role. Two back ends show the same
// list, SVG for pages and PNG for what takes no SVG; nothing is drawn twice in
// two ways. The package is pure: the same drawing gives the same bytes.
//
// # Why it draws by itself
//
// Charting libraries were tried first and fall short where a picture in a README
// shows it. go-analyze/charts (and its ancestor go-chart) rounds every
// coordinate to whole pixels, so that a line of several hundred days stairs, and
// centres text by the width of its own font; gonum/plot places text the same way
// and is made for print; tdewolff/canvas brings a windowing toolkit. Colours are
// inline styles in all of them, without classes for a second theme. What is left
// to do is little: paths are filled by x/image/vector, glyphs come from
// x/image/font/sfnt, and lines are thinned by orb/simplify.
//
// # Rules
//
// An SVG has no script, no link, no id and no reference to another address. Its
// only style sheet is that of a file of its own (themes, and layers for narrow
// screens), which a Content-Security-Policy must allow; put into a page it has
// classes and attributes only, and the page brings StyleSheet. Text is text, in
// the reader's own fonts, cleaned and escaped; attributes hold nothing that was
// given. In a PNG text is drawn in Liberation Sans, which has the widths of
// Arial, and what that lacks in DejaVu Sans: Latin, Greek, Cyrillic, Armenian,
// Georgian, Hebrew and Arabic, joined and ordered by go-text's port of HarfBuzz. What
// neither has is a box for each character (Chinese, Japanese, Korean, the scripts of
// India, emoji): their fonts have tens of megabytes, which the binary is not worth; an
// SVG has the reader's.
package draw
