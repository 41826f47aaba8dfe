// Package asked keeps what a gateway was asked, for `clickql advise`: for each
// table and shape of query how often it ran, how many rows it read, how long it
// took, and how often its answers were given from memory. There is nothing
// personal in it: no names of projects, no values of filters, no addresses.
//
// # The file
//
// A text file, written whole and renamed into place, so that a reader never sees
// half of one. Gateways that share a file add what they counted since their last
// write, under a lock beside it. What is lost when a gateway is killed is what
// it counted since its last write. The first line tells about all:
//
//	{"format":"clickql asked","version":1,"since":TIME,"until":TIME,"tables":{TABLE:DAY}}
//
// with the time that the figures span and the last day on which each table was
// used. Every other line is one record:
//
//	{"table":T,"with":T,"shape":S,"count":N,"refused":N,"hits":N,"rows":N,"estimated":N,"micros":N,"last":DAY}
//
// S is a [query.Shape]; one without parts is a question that is not about a slice
// of downloads. A record without a shape sums up those that there was no room
// for. A line that cannot be read ends the file: what stands before it counts.
//
// Records are bounded in number: half of the room is for those that read the
// most, half for those used last.
package asked
