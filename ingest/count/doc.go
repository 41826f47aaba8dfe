// Package count counts downloads: by day in the files of a source, and by day, month or
// in total in the tables, so that the two can be compared.
package count
