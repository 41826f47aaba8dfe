// Package embeds makes what other people's pages show of this site: the page that
// stands in an iframe (/embed/NAMES), and the answers of oEmbed, which tell a
// blog or a wiki how to show one of this site's addresses.
//
// # The page
//
// It is whole without a script: the drawer's SVG, laid out for several widths of
// which the style sheet shows one, the numbers as a table, and a link back. Its
// colours follow the visitor, or the parameter theme. It loads from its own site
// only and has neither inline scripts nor inline styles.
//
// Its script draws the chart anew, with a cursor, and speaks with the page around
// it by messages, in both directions objects with clickql: 1. The page says
// {type: "hello", id}; from then on the frame tells its content's height in CSS
// pixels, {type: "height", id, px}, at each change. Until then it fills the frame
// that it was given. {type: "theme", theme} changes the colours at once.
//
// # oEmbed
//
// Version 1.0 of https://oembed.com: charts, embeds and pages are rich (an
// iframe), a chart's PNG is a photo, a page without a chart a link. An answer
// fits into the consumer's maxwidth and maxheight.
//
// The package is pure: numbers and addresses in, texts out. It knows no HTTP.
package embeds
