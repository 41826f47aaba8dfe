// Package web is the source of files that web servers have: https://host/path, and
// http on loopback.
//
// A web server has no listing. What stands for one are the index pages that servers
// make of their folders, of which a pattern's folders are read, and lists of names: an
// address that ends in .txt. A file's generation is its ETag; without one, its size
// and Last-Modified. Files are looked at by this process, and read by ClickHouse
// with url().
//
// An address is a name in the ledger and in messages, so it may hold no credentials:
// logins come from the netrc file, and addresses with a user or a query, such as
// presigned ones, are refused. Index pages and lists are what a stranger wrote: only
// what they name on their own server counts.
package web
