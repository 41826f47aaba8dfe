package export

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
)

// Buckets is what sources over object stores have in common: an object is known as
// scheme://bucket/key, and ClickHouse gives bucket/key as the path of its rows.
type Buckets struct {
	// Scheme begins the names of objects, as gs:// does.
	Scheme string
	// Bucket is how a bucket is written, of as many parts as its name has; "bucket"
	// where it is empty.
	Bucket string
	// Each visits the objects of a bucket in the order of their keys' bytes until
	// visit returns false. It may visit some before KeyRange.From. Its errors say
	// what to do.
	Each func(ctx context.Context, bucket string, in KeyRange, visit func(o Object, key string) bool) error
}

// KeyRange is a part of a bucket's index: the keys with a prefix, from one on and
// before another; empty bounds nothing.
type KeyRange struct{ Prefix, From, Before string }

// cut parts a path from the bucket.
func (b Buckets) cut(path string) (bucket, key string) {
	at := 0
	for range strings.Count(b.Bucket, "/") + 1 {
		i := strings.IndexByte(path[at:], '/')
		if i < 0 {
			return path, ""
		}
		at += i + 1
	}
	return path[:at-1], path[at:]
}

// Object is an object of a bucket.
func (b Buckets) Object(bucket, key, generation string, size int64) Object {
	return Object{Name: b.Scheme + bucket + "/" + key, Generation: generation, Size: size, Path: bucket + "/" + key}
}

// Owns reports that a name begins with the scheme.
func (b Buckets) Owns(name string) bool { return strings.HasPrefix(name, b.Scheme) }

// Path is bucket/key.
func (b Buckets) Path(name string) string { return strings.TrimPrefix(name, b.Scheme) }

// List expands scheme://bucket/glob.
func (b Buckets) List(ctx context.Context, pattern string) ([]Object, error) {
	objects, below, err := b.list(ctx, pattern, KeyRange{})
	_, glob := b.cut(b.Path(pattern))
	switch {
	case err != nil:
		return nil, err
	case len(objects) > 0:
		return objects, nil
	case below || glob == "":
		return nil, fmt.Errorf("list %s: it is a folder where an object is expected; name the objects in it: %s/*.parquet", pattern, strings.TrimSuffix(pattern, "/"))
	default:
		return nil, fmt.Errorf("list %s: no object matches; check the prefix and the pattern, in which * does not match /", pattern)
	}
}

// ListRange lists the objects of scheme://bucket/glob from one name on to before
// another; the service reads only that part of the bucket's index.
func (b Buckets) ListRange(ctx context.Context, pattern, from, before string) ([]Object, error) {
	key := func(name string) string {
		_, k := b.cut(b.Path(name))
		return k
	}
	objects, _, err := b.list(ctx, pattern, KeyRange{From: key(from), Before: key(before)})
	return objects, err
}

// list lists the objects that match. below reports that the pattern names a
// folder.
func (b Buckets) list(ctx context.Context, pattern string, in KeyRange) (objects []Object, below bool, err error) {
	bucket, glob := b.cut(b.Path(pattern))
	if bucket == "" || strings.HasSuffix(bucket, "/") || strings.ContainsAny(bucket, GlobChars) {
		return nil, false, AddressError(fmt.Sprintf("list %s: name one bucket, as in %s/prefix*.parquet", pattern, b.Scheme+cmp.Or(b.Bucket, "bucket")))
	}
	match, err := CompileGlob(glob)
	if err != nil {
		return nil, false, fmt.Errorf("list %s: %w", pattern, err)
	}
	in.Prefix = literalPrefix(glob)
	err = b.Each(ctx, bucket, in, func(o Object, key string) bool {
		if key < in.From {
			return true
		}
		if match(key) && !strings.HasSuffix(key, "/") {
			objects = append(objects, o)
		}
		below = below || strings.HasPrefix(key, strings.TrimSuffix(glob, "/")+"/")
		return true
	})
	if err != nil {
		return nil, false, fmt.Errorf("list %s: %w", pattern, err)
	}
	return objects, below, nil
}

// Generations lists the objects again, one range of keys for each bucket.
func (b Buckets) Generations(ctx context.Context, objects []Object) (map[string]string, error) {
	now := make(map[string]string, len(objects))
	byBucket := map[string][]string{}
	wanted := make(map[string]bool, len(objects))
	for _, o := range objects {
		bucket, key := b.cut(b.Path(o.Name))
		byBucket[bucket] = append(byBucket[bucket], key)
		wanted[o.Name] = true
	}
	for bucket, keys := range byBucket {
		first, last := keys[0], keys[0]
		for _, k := range keys {
			first, last = min(first, k), max(last, k)
		}
		err := b.Each(ctx, bucket, KeyRange{Prefix: commonPrefix(first, last), From: first}, func(o Object, key string) bool {
			if wanted[o.Name] {
				now[o.Name] = o.Generation
			}
			return key < last
		})
		if err != nil {
			return nil, fmt.Errorf("list %s%s again: %w", b.Scheme, bucket, err)
		}
	}
	return now, nil
}

// commonPrefix is what two keys begin with.
func commonPrefix(a, b string) string {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return a[:n]
}

// Group splits objects by bucket, and so that one table function names not too many.
func (b Buckets) Group(objects []Object) [][]Object {
	return GroupBy(objects, func(o Object) string {
		bucket, _ := b.cut(b.Path(o.Name))
		return bucket
	})
}

// GroupBy is GroupApart for the objects of each key by themselves, in the order in
// which keys come first.
func GroupBy(objects []Object, key func(Object) string) (groups [][]Object) {
	for _, of := range grouped(objects, key) {
		groups = append(groups, GroupApart(of)...)
	}
	return groups
}

// Unreachable is an error of a listing that found no way to a service: it says what
// failed, without the address, which may be one that the server sent on to, or hold a
// signature. The cause is not wrapped: it is no failure of ClickHouse, which others
// would take it for.
func Unreachable(service string, cause error) error {
	var address *url.Error
	var network net.Error
	switch {
	case errors.As(cause, &address):
		cause = address.Err
	case errors.As(cause, &network):
		cause = network
	}
	return errors.New("cannot reach " + service + ": check the network: " + cause.Error())
}
