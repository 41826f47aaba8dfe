package catalog

import "fmt"

// versions makes a data version out of hashes, so that a version never comes
// back for other data within the life of a process: answers computed while the
// data was another would be served again.
type versions struct {
	last string
	seen map[string]bool
	turn int // how often a hash came back
}

// seenMost bounds the memory of hashes.
const seenMost = 10_000

// next is the version for a hash. moved reports that the data is known to have
// changed, even if the hash has not.
func (v *versions) next(hash string, moved bool) string {
	if v.seen == nil || len(v.seen) >= seenMost {
		v.seen = map[string]bool{}
	}
	if hash == v.last && moved || hash != v.last && v.seen[hash] {
		v.turn++
	}
	v.last, v.seen[hash] = hash, true
	if v.turn == 0 {
		return hash
	}
	return fmt.Sprintf("%s-%d", hash, v.turn)
}
