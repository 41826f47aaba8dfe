// Package site serves the explorer: pages for people at /, /project/NAME,
// /compare/NAMES, /portfolio, /rankings and /build.
//
// # How a page comes to be
//
// A page is one GraphQL operation. Its text is written in TypeScript, as
// fragments beside the components that show them, and comes with the bundle as a
// manifest of documents by name. The address says the variables (state.go). The
// operation is asked in this process, through the handler of /graphql, so that
// limits, prices and caches are the same for pages and for everybody else.
//
// The answer becomes HTML here: numbers, tables and charts that need no script,
// and what crawlers and chats show of a link. The same answer lies in the page as
// JSON, from which the bundle's script draws the page anew, with everything that
// moves. After that the browser asks /graphql itself, by the documents' hashes.
//
// # Rules
//
// A page loads from its own site only and runs no inline script or style
// (Content-Security-Policy without unsafe-inline). What is empty, incomplete or
// failed is said where it stands, and one part's error is that part's alone.
// Defaults are left out of addresses, so that a page has one address.
package site
