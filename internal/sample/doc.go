// Package sample writes a deterministic imitation of the exports of PyPI's
// downloads and of its distribution metadata, and of GH Archive's files, so that everything can be tried
// and tested without access to the real ones.
//
// A small model in this process (projects and their releases, demand by day, the
// mix of installers, machines, countries and Pythons by date) says how many
// downloads of which release each day has. ClickHouse draws everything else
// about a row from hashes of (seed, row number) and writes the Parquet files
// itself, one thread to a file, so that the same arguments give the same rows
// whatever the number of cores. What the model knows stands in tables beside the
// code: roster.txt, installers.txt, machines.txt; the queries in downloads.sql and
// metadata.sql.
//
// Layout under the directory: the oldest third of the days in the shape of
// older exports (nested columns flattened, no ci) as
// file_downloads/file_downloads-NNNNNNNNNNNN.parquet, many days a file; the
// others in the present shape as file_downloads/UNIXTIME-NNNNNNNNNNNN.parquet,
// one day a file; projects/projects-NNNNNNNNNNNN.parquet; events on GitHub in the
// shape of GH Archive as github/DAY.json.gz, those of the last two days hour by hour
// as github/DAY-HOUR.json.gz; and sample.json, which names the arguments and the files and marks them as ours
// to replace.
package sample
