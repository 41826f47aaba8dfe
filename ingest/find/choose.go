package find

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"

	"clickql/ingest/config"
	"clickql/ingest/export"
)

// Choose lists what the sources name and leaves out what is loaded, changed or not
// to be tried now, which the summary counts. What is left is shared out among the
// finders, one for each shard: in the order of their names, each object to the shard
// that has been given the fewest bytes; but one that has failed stays with the shard
// whose ledger counts its tries.
func Choose(ctx context.Context, shards []*Finder, sum *config.Summary, sources []string) ([][]export.Object, error) {
	lead := shards[0]
	lead.cfg.Progress.Phase("listing files")
	objects, err := lead.List(ctx, sources)
	if err != nil {
		return nil, err
	}
	if err := sameFiles(ctx, shards, objects, sources); err != nil {
		return nil, err
	}
	sum.Listed, sum.Partial = len(objects), lead.Partial()
	share := newShares(len(shards))
	for chunk := range slices.Chunk(objects, askedChunk) {
		loaded, failed, err := ask(ctx, shards, chunk)
		if err != nil {
			return nil, err
		}
		for _, o := range chunk {
			in, known := loaded[o.Name]
			past, tried := failed[o.Name]
			switch {
			case !known:
				if lead.isDue(sum, o, past.failures) {
					share.give(o, past.shard, tried)
				}
			case in.generation == o.Generation:
				sum.Already++
			default:
				sum.Changed = append(sum.Changed, config.Change{Object: o, Loaded: in.generation})
			}
		}
	}
	return share.objects, nil
}

// failuresAt are failures, and the shard whose ledger holds them.
type failuresAt struct {
	failures
	shard int
}

// holding is where an object is loaded, and at which generation.
type holding struct {
	generation string
	shards     []int
}

// ask asks the ledgers of all shards which objects are loaded and which have failed.
func ask(ctx context.Context, shards []*Finder, objects []export.Object) (loaded map[string]holding, failed map[string]failuresAt, err error) {
	loaded, failed = map[string]holding{}, map[string]failuresAt{}
	for i, f := range shards {
		there, err := f.LoadedGenerations(ctx, objects)
		if err != nil {
			return nil, nil, err
		}
		for name, generation := range there {
			loaded[name] = holding{generation, append(loaded[name].shards, i)}
		}
		tries, err := f.failuresOf(ctx, objects)
		if err != nil {
			return nil, nil, err
		}
		for name, past := range tries {
			if other, has := failed[name]; !has || past.Last.After(other.Last) {
				failed[name] = failuresAt{past, i}
			}
		}
	}
	return loaded, failed, nil
}

// isDue tells whether an object that is not loaded is to be tried now, and notes
// it where not. What failed with other content is forgotten.
func (f *Finder) isDue(sum *config.Summary, o export.Object, past failures) bool {
	if past.Generation != o.Generation {
		return true
	}
	switch judgeFailures(f.cfg, o.Name, past, f.cfg.Now()) {
	case tryLater:
		sum.Waiting++
		return false
	case setAside:
		sum.SetAside = append(sum.SetAside, export.Failure{Object: o, Reason: past.Reason})
		return false
	default:
		return true
	}
}

// shares are the objects of each shard.
type shares struct {
	objects [][]export.Object
	bytes   []int64
}

// newShares has given nothing yet.
func newShares(shards int) *shares {
	return &shares{make([][]export.Object, shards), make([]int64, shards)}
}

// give gives an object to the shard with the fewest bytes, or where it has to stay.
// Among equals its name decides, so that loads of one file each do not all go to the
// first.
func (s *shares) give(o export.Object, at int, stays bool) {
	if !stays {
		h := fnv.New32a()
		_, _ = h.Write([]byte(o.Name)) // cannot fail
		at = int(h.Sum32() % uint32(len(s.objects)))
		for i, n := range s.bytes {
			if n < s.bytes[at] {
				at = i
			}
		}
	}
	s.objects[at], s.bytes[at] = append(s.objects[at], o), s.bytes[at]+o.Size
}

// sameFiles refuses paths on the disks of the shards' servers that are not the same
// files on all of them: which one is read would depend on the shard.
func sameFiles(ctx context.Context, shards []*Finder, objects []export.Object, sources []string) error {
	local := export.Local{}
	paths := slices.DeleteFunc(slices.Clone(sources), func(s string) bool { return !local.Owns(s) })
	if len(shards) == 1 || len(paths) == 0 {
		return nil
	}
	want := map[export.Object]bool{}
	for _, o := range objects {
		if local.Owns(o.Name) {
			want[o] = true
		}
	}
	for _, f := range shards[1:] {
		there, err := f.List(ctx, paths)
		same := len(there) == len(want) && !slices.ContainsFunc(there, func(o export.Object) bool { return !want[o] })
		if err != nil || !same {
			return fmt.Errorf("list %s: %w", paths[0], errors.Join(errNotEverywhere, err))
		}
	}
	return nil
}

// errNotEverywhere refuses files that only some of the servers have.
var errNotEverywhere = errors.New("the servers of the shards do not have the same files there: put them on a disk that all see, into a bucket or on a web server, " +
	"or load them into the database of one shard, with its server's DSN")

// ByHolder lists the sources and gives each finder, one for each shard, the objects
// that its ledger holds as loaded, or as failed; those that none knows to the first.
// twice are those that several hold as loaded.
func ByHolder(ctx context.Context, shards []*Finder, sources []string) (objects [][]export.Object, twice []string, err error) {
	all, err := shards[0].List(ctx, sources)
	if err != nil {
		return nil, nil, err
	}
	objects = make([][]export.Object, len(shards))
	for chunk := range slices.Chunk(all, askedChunk) {
		loaded, failed, err := ask(ctx, shards, chunk)
		if err != nil {
			return nil, nil, err
		}
		for _, o := range chunk {
			holders := loaded[o.Name].shards
			if len(holders) > 1 {
				twice = append(twice, o.Name)
			}
			if len(holders) == 0 {
				holders = []int{failed[o.Name].shard}
			}
			for _, i := range holders {
				objects[i] = append(objects[i], o)
			}
		}
	}
	return objects, twice, nil
}
