package gcs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
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
	export.Buckets
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
	cfg.EmulatorHost = cmp.Or(cfg.EmulatorHost, os.Getenv(emulatorVariable))
	if cfg.EmulatorHost != "" && !strings.Contains(cfg.EmulatorHost, "://") {
		cfg.EmulatorHost = "http://" + cfg.EmulatorHost
	}
	cfg.EmulatorHost = strings.TrimSuffix(cfg.EmulatorHost, "/")
	s := &Source{cfg: cfg}
	s.Buckets = export.Buckets{Scheme: scheme, Each: s.each}
	return s
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

// each visits objects in the order of their keys until visit returns false.
func (s *Source) each(ctx context.Context, bucket string, in export.KeyRange, visit func(o export.Object, key string) bool) error {
	client, err := s.connect(ctx)
	if err != nil {
		return err
	}
	q := &storage.Query{Prefix: in.Prefix, StartOffset: in.From, EndOffset: in.Before, Projection: storage.ProjectionNoACL}
	if err := q.SetAttrSelection([]string{"Name", "Generation", "Size"}); err != nil {
		return err
	}
	it := client.Bucket(bucket).Objects(ctx, q)
	for {
		attrs, err := it.Next()
		if errors.Is(err, iterator.Done) {
			return nil
		}
		if err != nil {
			return explain(err, bucket)
		}
		o := s.Object(bucket, attrs.Name, strconv.FormatInt(attrs.Generation, 10), attrs.Size)
		if !visit(o, attrs.Name) {
			return nil
		}
	}
}

// Remedy names the key that ClickHouse reads a private bucket with.
func (*Source) Remedy() string {
	return "for a private bucket give it an HMAC key of an account that may (--gcs-hmac-key), otherwise check its network"
}

// explain adds the remedy to a refusal.
func explain(err error, bucket string) error {
	var api *googleapi.Error
	var network net.Error
	switch {
	case errors.Is(err, storage.ErrBucketNotExist):
		return fmt.Errorf("there is no bucket %s: check its name: %w", bucket, err)
	case errors.As(err, &network) && !errors.As(err, &api):
		return export.Unreachable("Google Cloud Storage", err)
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

// Table reads a group with gcs().
func (s *Source) Table(group []export.Object, format, structure string) (export.TableFunction, error) {
	paths := make([]string, len(group))
	for i, o := range group {
		paths[i] = export.EscapePath(o.Path)
	}
	base := publicEndpoint
	t := export.TableFunction{Settings: map[string]any{}}
	if s.cfg.EmulatorHost != "" {
		base = s.cfg.EmulatorHost
		t.Settings["s3_validate_etag_on_read"] = 0 // emulators give other ETags for a range than for the whole
	}
	t.Params = map[string]any{"source_path": base + "/" + export.BraceList(paths), "source_format": format}
	signing := "NOSIGN"
	if s.cfg.HMACKey != "" {
		signing = "{source_key:String}, {source_secret:String}"
		t.Params["source_key"], t.Params["source_secret"] = s.cfg.HMACKey, s.cfg.HMACSecret
	}
	t.SQL = "gcs(" + t.With("{source_path:String}, "+signing+", {source_format:String}", structure) + ")"
	return t, nil
}
