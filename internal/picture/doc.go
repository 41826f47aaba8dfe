// Package picture says what pictures are about: the parameters of their
// addresses, the numbers that these ask for, and how the numbers are drawn and
// written. A picture, its numbers as a file and its embed have one address but
// for its ending, so that they are read by one table, Parameters.
//
// An address is read into a Chart or a Badge, which Load asks of an operation;
// what comes back is drawn by internal/render, or written as a tidy table. The
// package knows no HTTP.
package picture
