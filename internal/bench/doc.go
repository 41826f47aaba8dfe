// Command bench measures ClickQL as ratios against floors: what it costs beside
// the least that anybody could pay for the same answer, in the same run and on
// the same machine, so that the figures mean something on another one.
//
// Whatever is compared runs in turns, A B C A B C, in a closed loop: a given
// number of clients each of which sends its next request when it has the answer
// to its last. A ratio is taken within each turn and the median over the turns
// is what is reported, so that a machine that slows down half-way slows down
// both sides. One loop drives SQL over the native protocol and requests over
// HTTP alike; a load generator that only knows HTTP could not compare the two,
// and one that sends at a fixed rate (an open loop) measures the queue in front
// of a server that is slower than the rate, not the server.
//
// The package answers for no requirement of its own: it judges nothing, and its
// tests assert no times.
package main
