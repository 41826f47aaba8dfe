package s3

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"clickql/ingest/export"
)

// scheme begins the names of objects.
const scheme = "s3://"

// maxAttempts is how often a request of a listing is tried before the network is
// called down.
const maxAttempts = 5

// Config says how to reach the store. Its zero value asks AWS as its tools would.
type Config struct {
	// Anonymous looks for no credentials: neither to list nor for ClickHouse.
	Anonymous bool
	// ServerKeys has ClickHouse read with what its own server is configured with,
	// such as a role, instead of with the credentials that buckets are listed with.
	ServerKeys bool
	// Endpoint is the address of a store other than AWS's; by default that of
	// AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL.
	Endpoint string
	// Region is where buckets are that do not say so; by default that of AWS_REGION or
	// AWS_DEFAULT_REGION.
	Region string
}

// Source is an export.Source over S3. It connects when it is first used.
type Source struct {
	export.Buckets
	cfg         Config
	credentials *credentials.Credentials

	mu      sync.Mutex
	regions map[string]string // by bucket
	clients map[place]*minio.Client
}

var (
	_ export.Source      = (*Source)(nil)
	_ export.RangeLister = (*Source)(nil)
)

// New prepares a source.
func New(cfg Config) *Source {
	cfg.Endpoint = strings.TrimSuffix(cmp.Or(cfg.Endpoint, os.Getenv("AWS_ENDPOINT_URL_S3"), os.Getenv("AWS_ENDPOINT_URL")), "/")
	cfg.Region = cmp.Or(cfg.Region, os.Getenv("AWS_REGION"), os.Getenv("AWS_DEFAULT_REGION"))
	s := &Source{cfg: cfg, credentials: newCredentials(cfg.Anonymous), regions: map[string]string{}, clients: map[place]*minio.Client{}}
	s.Buckets = export.Buckets{Scheme: scheme, Each: s.each}
	return s
}

// connect makes the client of a place.
func (s *Source) connect(p place) (*minio.Client, error) {
	u, err := url.Parse(p.endpoint)
	if err != nil || u.Host == "" || u.User != nil || u.Scheme != "http" && u.Scheme != "https" || u.Path != "" {
		return nil, errors.New("reach the store that AWS_ENDPOINT_URL names: give its address alone, as in https://s3.example.org:9000")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.clients[p]; c != nil {
		return c, nil
	}
	lookup := minio.BucketLookupPath
	if s.cfg.Endpoint == "" {
		lookup = minio.BucketLookupAuto
	}
	c, err := minio.New(u.Host, &minio.Options{Creds: s.credentials, Secure: u.Scheme == "https", Region: p.region, BucketLookup: lookup, MaxRetries: maxAttempts})
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", p.endpoint, err)
	}
	s.clients[p] = c
	return c, nil
}

// each visits objects in the order of their keys until visit returns false.
func (s *Source) each(ctx context.Context, bucket string, in export.KeyRange, visit func(o export.Object, key string) bool) error {
	if _, err := s.key(ctx); err != nil {
		return err
	}
	at := s.placeOf(ctx, bucket)
	client, err := s.connect(at)
	if err != nil {
		return err
	}
	// The service begins after a key. What this one begins with, but for its last
	// letter, comes before it.
	_, n := utf8.DecodeLastRuneInString(in.From)
	after := in.From[:len(in.From)-n]
	noOwner := false
	for o := range client.ListObjectsIter(ctx, bucket, minio.ListObjectsOptions{Prefix: in.Prefix, StartAfter: after, Recursive: true, FetchOwner: &noOwner}) {
		switch {
		case o.Err != nil:
			return s.explain(ctx, o.Err, bucket, at)
		case in.Before != "" && o.Key >= in.Before:
			return nil
		case !visit(s.Object(bucket, o.Key, strings.Trim(o.ETag, `"`), o.Size), o.Key):
			return nil
		}
	}
	return ctx.Err()
}

// noCredentials is the remedy where none were found.
const noCredentials = "no AWS credentials were found: sign in with aws configure or aws sso login, choose a profile with AWS_PROFILE, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"

// explain adds the remedy to a refusal.
func (s *Source) explain(ctx context.Context, err error, bucket string, at place) error {
	var network net.Error
	var api minio.ErrorResponse
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case !errors.As(err, &api) && errors.As(err, &network):
		return export.Unreachable(at.endpoint, err)
	case !errors.As(err, &api):
		return err
	}
	key, _ := s.key(ctx) // none, if it cannot be had
	switch api.Code {
	case minio.NoSuchBucket:
		return fmt.Errorf("there is no bucket %s at %s: check its name: %w", bucket, at.endpoint, err)
	case minio.AccessDenied:
		if key.AccessKeyID == "" {
			return fmt.Errorf("bucket %s is not public and %s: %w", bucket, noCredentials, err)
		}
		return fmt.Errorf("these AWS credentials may not list bucket %s: grant them s3:ListBucket: %w", bucket, err)
	case minio.InvalidAccessKeyID, minio.SignatureDoesNotMatch, "ExpiredToken", "InvalidToken":
		return fmt.Errorf("%s does not take these AWS credentials: sign in again, or give others: %w", at.endpoint, err)
	}
	return fmt.Errorf("%s answers %s: %w", at.endpoint, api.Code, err)
}

// Remedy tells whose credentials ClickHouse reads with.
func (s *Source) Remedy() string {
	if s.cfg.ServerKeys {
		return "it reads with the credentials of its own server (--s3-server-keys): grant those s3:GetObject, otherwise check its network"
	}
	return "it reads with the AWS credentials of this command, or without where there are none: grant them s3:GetObject, sign in again where they are over, or let it read with its server's own (--s3-server-keys); otherwise check its network"
}

// Table reads a group with s3().
func (s *Source) Table(group []export.Object, format, structure string) (export.TableFunction, error) {
	bucket, _, _ := strings.Cut(group[0].Path, "/")
	ctx := context.Background() // asked and answered when the bucket was listed, unless a role's key is over
	at := s.placeOf(ctx, bucket)
	paths := make([]string, len(group))
	for i, o := range group {
		paths[i] = export.EscapePath(o.Path)
	}
	t := export.TableFunction{Settings: map[string]any{}, Params: map[string]any{"source_path": at.endpoint + "/" + export.BraceList(paths), "source_format": format}}
	signing := ", NOSIGN"
	if s.cfg.ServerKeys {
		signing = ""
	} else {
		key, err := s.key(ctx)
		if err != nil {
			return t, fmt.Errorf("look for AWS credentials: %w", err)
		}
		if key.AccessKeyID != "" {
			signing = ", {source_key:String}, {source_secret:String}"
			t.Params["source_key"], t.Params["source_secret"] = key.AccessKeyID, key.SecretAccessKey
		}
		if key.SessionToken != "" {
			signing += ", {source_token:String}"
			t.Params["source_token"] = key.SessionToken
		}
	}
	t.SQL = "s3(" + t.With("{source_path:String}"+signing+", {source_format:String}", structure) + ")"
	return t, nil
}
