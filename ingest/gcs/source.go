package gcs

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"

	"cloud.google.com/go/storage"
	"google.golang.org/api/googleapi"
	"google.golang.org/api/iterator"
	"google.golang.org/api/option"

	"clickql/ingest/export"
)

// scheme begins the names of objects.
const scheme = "gs://"

// emulatorVariable names an emulator's address; the client library reads it too.
const emulatorVariable = "STORAGE_EMULATOR_HOST"

// publicEndpoint is where ClickHouse reads objects.
const publicEndpoint = "https://storage.googleapis.com"

// maxAttempts is how often a listing is tried before the network is called down,
// over about a quarter of a minute; the client's own default is for ever.
const maxAttempts = 5

// Config says how to reach Google Cloud Storage.
type Config struct {
	// HMACKey and HMACSecret let the ClickHouse server read private objects.
	// Without them it reads without a signature. They are sent as query
	// parameters and are kept nowhere.
	HMACKey, HMACSecret string
	// Anonymous lists objects without looking for Google's credentials.
	Anonymous bool
	// EmulatorHost is the address of an emulator; by default that of the
	// environment variable STORAGE_EMULATOR_HOST.
	EmulatorHost string
}

// Source is an export.Source over Google Cloud Storage. It connects when it is
// first used.
type Source struct {
	cfg Config

	mu     sync.Mutex
	client *storage.Client
}

var (
	_ export.Source      = (*Source)(nil)
	_ export.RangeLister = (*Source)(nil)
)

// New prepares a source.
func New(cfg Config) *Source {
	if cfg.EmulatorHost == "" {
		cfg.EmulatorHost = os.Getenv(emulatorVariable)
	}
	if cfg.EmulatorHost != "" && !strings.Contains(cfg.EmulatorHost, "://") {
		cfg.EmulatorHost = "http://" + cfg.EmulatorHost
	}
	cfg.EmulatorHost = strings.TrimSuffix(cfg.EmulatorHost, "/")
	return &Source{cfg: cfg}
}

// Close ends the connections.
func (s *Source) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.client == nil {
		return nil
	}
	return s.client.Close()
}

// Owns reports that a name begins with gs://.
func (*Source) Owns(name string) bool { return strings.HasPrefix(name, scheme) }

// connect makes the client: with default credentials where there are any,
// anonymous otherwise.
func (s *Source) connect(ctx context.Context) (*storage.Client, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.client != nil {
		return s.client, nil
	}
	// The client outlives the call that makes it.
	ctx = context.WithoutCancel(ctx)
	var err error
	switch {
	case s.cfg.EmulatorHost != "":
		s.client, err = storage.NewClient(ctx, option.WithoutAuthentication(), option.WithEndpoint(s.cfg.EmulatorHost+"/storage/v1/"))
	case s.cfg.Anonymous:
		s.client, err = storage.NewClient(ctx, option.WithoutAuthentication())
	default:
		if s.client, err = storage.NewClient(ctx); err != nil && strings.Contains(err.Error(), "could not find default credentials") {
			s.client, err = storage.NewClient(ctx, option.WithoutAuthentication())
		}
	}
	if err != nil {
		return nil, fmt.Errorf("connect to Google Cloud Storage: %w", err)
	}
	s.client.SetRetry(storage.WithMaxAttempts(maxAttempts))
	return s.client, nil
}

// List expands gs://bucket/glob.
func (s *Source) List(ctx context.Context, pattern string) ([]export.Object, error) {
	objects, below, err := s.list(ctx, pattern, &storage.Query{})
	_, glob, _ := strings.Cut(strings.TrimPrefix(pattern, scheme), "/")
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

// ListRange lists the objects of gs://bucket/glob from one name on to before
// another; the service reads only that part of the bucket's index.
func (s *Source) ListRange(ctx context.Context, pattern, from, before string) ([]export.Object, error) {
	key := func(name string) string {
		_, k, _ := strings.Cut(strings.TrimPrefix(name, scheme), "/")
		return k
	}
	objects, _, err := s.list(ctx, pattern, &storage.Query{StartOffset: key(from), EndOffset: key(before)})
	return objects, err
}

// list lists the objects that match. below reports that the pattern names a
// folder.
func (s *Source) list(ctx context.Context, pattern string, q *storage.Query) (objects []export.Object, below bool, err error) {
	bucket, glob, _ := strings.Cut(strings.TrimPrefix(pattern, scheme), "/")
	if bucket == "" || strings.ContainsAny(bucket, globChars) {
		return nil, false, fmt.Errorf("list %s: name one bucket, as in gs://bucket/prefix*.parquet", pattern)
	}
	match, err := compileGlob(glob)
	if err != nil {
		return nil, false, fmt.Errorf("list %s: %w", pattern, err)
	}
	q.Prefix = literalPrefix(glob)
	err = s.each(ctx, bucket, q, func(o export.Object, key string) bool {
		if match(key) && !strings.HasSuffix(key, "/") {
			objects = append(objects, o)
		}
		below = below || strings.HasPrefix(key, strings.TrimSuffix(glob, "/")+"/")
		return true
	})
	if err != nil {
		return nil, false, fmt.Errorf("list %s: %w", pattern, explain(err, bucket))
	}
	return objects, below, nil
}

// each lists objects in the order of their names until visit returns false.
func (s *Source) each(ctx context.Context, bucket string, q *storage.Query, visit func(o export.Object, key string) bool) error {
	client, err := s.connect(ctx)
	if err != nil {
		return err
	}
	if err := q.SetAttrSelection([]string{"Name", "Generation", "Size"}); err != nil {
		return err
	}
	q.Projection = storage.ProjectionNoACL
	it := client.Bucket(bucket).Objects(ctx, q)
	for {
		attrs, err := it.Next()
		if errors.Is(err, iterator.Done) {
			return nil
		}
		if err != nil {
			return err
		}
		o := export.Object{Name: scheme + bucket + "/" + attrs.Name, Generation: strconv.FormatInt(attrs.Generation, 10),
			Size: attrs.Size, Path: bucket + "/" + attrs.Name}
		if !visit(o, attrs.Name) {
			return nil
		}
	}
}

// explain adds the remedy to a refusal.
func explain(err error, bucket string) error {
	var api *googleapi.Error
	var network net.Error
	switch {
	case errors.Is(err, storage.ErrBucketNotExist):
		return fmt.Errorf("there is no bucket %s: check its name: %w", bucket, err)
	case errors.As(err, &network) && !errors.As(err, &api):
		// Not wrapped: it is no failure of ClickHouse, which others would take it for.
		text := network.Error()
		if address := (&url.Error{}); errors.As(err, &address) {
			text = address.Err.Error() // without the long address
		}
		return errors.New("cannot reach Google Cloud Storage: check the network: " + text)
	case !errors.As(err, &api):
		return err
	case api.Code == http.StatusNotFound:
		return fmt.Errorf("there is no bucket %s: check its name: %w", bucket, err)
	case api.Code == http.StatusUnauthorized:
		return fmt.Errorf("bucket %s is not public and no Google credentials were found: run gcloud auth application-default login, or set GOOGLE_APPLICATION_CREDENTIALS: %w", bucket, err)
	case api.Code == http.StatusForbidden:
		return fmt.Errorf("these Google credentials may not list bucket %s: grant them storage.objects.list: %w", bucket, err)
	}
	return err
}

// Generations lists the objects again, one range of names for each bucket.
func (s *Source) Generations(ctx context.Context, objects []export.Object) (map[string]string, error) {
	now := make(map[string]string, len(objects))
	byBucket := map[string][]string{}
	wanted := make(map[string]bool, len(objects))
	for _, o := range objects {
		bucket, key, _ := strings.Cut(o.Path, "/")
		byBucket[bucket] = append(byBucket[bucket], key)
		wanted[o.Name] = true
	}
	for bucket, keys := range byBucket {
		first, last := keys[0], keys[0]
		for _, k := range keys {
			first, last = min(first, k), max(last, k)
		}
		err := s.each(ctx, bucket, &storage.Query{Prefix: commonPrefix(first, last), StartOffset: first}, func(o export.Object, key string) bool {
			if wanted[o.Name] {
				now[o.Name] = o.Generation
			}
			return key < last
		})
		if err != nil {
			return nil, fmt.Errorf("list gs://%s again: %w", bucket, explain(err, bucket))
		}
	}
	return now, nil
}

// commonPrefix is what two names begin with.
func commonPrefix(a, b string) string {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return a[:n]
}

// Path is bucket/name.
func (*Source) Path(name string) string { return strings.TrimPrefix(name, scheme) }

// Group splits objects by bucket, and so that one gcs() names not too many.
func (*Source) Group(objects []export.Object) [][]export.Object {
	byBucket := map[string][]export.Object{}
	var order []string
	for _, o := range objects {
		bucket, _, _ := strings.Cut(o.Path, "/")
		if byBucket[bucket] == nil {
			order = append(order, bucket)
		}
		byBucket[bucket] = append(byBucket[bucket], o)
	}
	var groups [][]export.Object
	for _, bucket := range order {
		groups = append(groups, export.GroupApart(byBucket[bucket])...)
	}
	return groups
}

// Table reads a group with gcs().
func (s *Source) Table(group []export.Object, format, structure string) (export.TableFunction, error) {
	paths := make([]string, len(group))
	for i, o := range group {
		paths[i] = escapePath(o.Path)
	}
	base := publicEndpoint
	t := export.TableFunction{Settings: map[string]any{}}
	if s.cfg.EmulatorHost != "" {
		base = s.cfg.EmulatorHost
		t.Settings["s3_validate_etag_on_read"] = 0 // emulators give other ETags for a range than for the whole
	}
	t.Params = map[string]any{"source_path": base + "/" + export.BraceList(paths), "source_format": format}
	args := "{source_path:String}, NOSIGN, {source_format:String}"
	if s.cfg.HMACKey != "" {
		args = "{source_path:String}, {source_key:String}, {source_secret:String}, {source_format:String}"
		t.Params["source_key"], t.Params["source_secret"] = s.cfg.HMACKey, s.cfg.HMACSecret
	}
	if structure != "" {
		args += ", {source_structure:String}"
		t.Params["source_structure"] = structure
	}
	t.SQL = "gcs(" + args + ")"
	return t, nil
}
