package ingest

import "maps"

// leastMemory is what a statement may take at least, in bytes.
const leastMemory = 1 << 20

// filling bounds the memory of a statement that fills a private table, of which a
// batch runs several side by side, and makes each partition one block, and so one
// part, where the batch fits. Groups are unique as they come from GROUP BY, so they
// need no folding on insertion, which costs more than the rest.
func (c Config) filling(sideBySide int, more map[string]any) map[string]any {
	memory := max(c.MaxMemory/uint64(c.Workers*sideBySide), leastMemory) // the server takes 0 for no bound
	s := map[string]any{
		"max_threads":                        c.Threads,
		"max_insert_threads":                 1,
		"max_memory_usage":                   memory,
		"max_bytes_before_external_group_by": memory / 2,
		"min_insert_block_size_rows":         16 << 20,
		"min_insert_block_size_bytes":        memory / 4,
		"optimize_on_insert":                 0,
		"insert_null_as_default":             1,
	}
	maps.Copy(s, more)
	return s
}

// bounded bounds a statement that reads, and takes more settings.
func (c Config) bounded(more map[string]any) map[string]any {
	s := map[string]any{"max_threads": c.Threads, "max_memory_usage": c.MaxMemory}
	maps.Copy(s, more)
	return s
}

// spilling is bounded for grouping that may need more than that: it goes to disk.
func (c Config) spilling(more map[string]any) map[string]any {
	s := c.bounded(more)
	s["max_bytes_before_external_group_by"] = c.MaxMemory / 2
	return s
}
