package azure

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/bloberror"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"

	"clickql/ingest/export"
)

// scheme begins the names of objects.
const scheme = "az://"

// example is how a container is written.
const example = "ACCOUNT.blob.core.windows.net/container"

// maxRetries is how often a request of a listing is tried again before the network is
// called down.
const maxRetries = 4

// Source is an export.Source over Blob Storage. It connects when it is first used.
type Source struct {
	export.Buckets

	mu      sync.Mutex
	clients map[string]*azblob.Client // by connection string
}

var (
	_ export.Source      = (*Source)(nil)
	_ export.RangeLister = (*Source)(nil)
)

// New prepares a source.
func New() *Source {
	s := &Source{clients: map[string]*azblob.Client{}}
	s.Buckets = export.Buckets{Scheme: scheme, Bucket: example, Each: s.each}
	return s
}

// List expands az://host/container/glob.
func (s *Source) List(ctx context.Context, pattern string) ([]export.Object, error) {
	if err := check(pattern); err != nil {
		return nil, err
	}
	return s.Buckets.List(ctx, pattern)
}

// ListRange is List for the names from one on and before another. The service reads
// the whole folder for it.
func (s *Source) ListRange(ctx context.Context, pattern, from, before string) ([]export.Object, error) {
	if err := check(pattern); err != nil {
		return nil, err
	}
	return s.Buckets.ListRange(ctx, pattern, from, before)
}

// check refuses addresses that are of no container, or that hold a signature.
func check(pattern string) error {
	if strings.Contains(pattern, "?") && strings.Contains(pattern, "sig=") {
		return export.AddressError("read an az:// address with a signature: command lines and the ledger are no place for one; give it as " + signatureVariable + ", with " + accountVariable)
	}
	host, _, _ := strings.Cut(strings.TrimPrefix(pattern, scheme), "/")
	if u, err := url.Parse("https://" + host); err != nil || u.Host != host || u.Port() != "" || !strings.Contains(host, ".") {
		return export.AddressError(fmt.Sprintf("list %s: name the account too, as in %s/prefix*.parquet", pattern, scheme+example))
	}
	return nil
}

// Path is container/path: what ClickHouse gives, which knows the account apart.
func (s *Source) Path(name string) string {
	_, path, _ := strings.Cut(s.Buckets.Path(name), "/")
	return path
}

// connect makes the client of an account.
func (s *Source) connect(a account) (*azblob.Client, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	known := a.connection()
	if c := s.clients[known]; c != nil {
		return c, nil
	}
	options := &azblob.ClientOptions{ClientOptions: policy.ClientOptions{Retry: policy.RetryOptions{MaxRetries: maxRetries}}}
	c, err := azblob.NewClientFromConnectionString(known, options)
	if a.key == "" && a.signature == "" {
		c, err = azblob.NewClientWithNoCredential(a.endpoint, options)
	}
	if err != nil { // which may repeat what it was given
		return nil, fmt.Errorf("connect to %s: the Azure credentials are malformed: copy them again, a key or a connection string whole", a.endpoint)
	}
	s.clients[known] = c
	return c, nil
}

// each visits objects in the order of their keys until visit returns false. The
// service gives them in that order, but begins nowhere else than at a prefix.
func (s *Source) each(ctx context.Context, bucket string, in export.KeyRange, visit func(o export.Object, key string) bool) error {
	host, name, _ := strings.Cut(bucket, "/")
	a, err := accountOf(host)
	if err != nil {
		return err
	}
	client, err := s.connect(a)
	if err != nil {
		return err
	}
	pages := client.ServiceClient().NewContainerClient(name).NewListBlobsFlatPager(&container.ListBlobsFlatOptions{Prefix: &in.Prefix})
	for pages.More() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return explain(ctx, err, a, name)
		}
		for _, b := range page.Segment.BlobItems {
			key := *b.Name
			if in.Before != "" && key >= in.Before {
				return nil
			}
			o := s.Object(bucket, key, strings.Trim(string(*b.Properties.ETag), `"`), *b.Properties.ContentLength)
			o.Path = name + "/" + key
			if !visit(o, key) {
				return nil
			}
		}
	}
	return ctx.Err()
}

// noCredentials is the remedy where none are known of an account.
func noCredentials(a account) string {
	return "no credentials of the account " + a.name + " were found: set " + connectionVariable + ", or " + accountVariable + " and " + keyVariable + " or " + signatureVariable
}

// explain adds the remedy to a refusal.
func explain(ctx context.Context, err error, a account, name string) error {
	var api *azcore.ResponseError
	var network net.Error
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case !errors.As(err, &api) && errors.As(err, &network):
		return export.Unreachable(a.endpoint, err)
	case !errors.As(err, &api):
		return err
	}
	// The error itself repeats the address.
	why := cmp.Or(api.ErrorCode, http.StatusText(api.StatusCode))
	signed := a.key != "" || a.signature != ""
	switch {
	case bloberror.HasCode(err, bloberror.ContainerNotFound):
		return fmt.Errorf("there is no bucket %s, which Azure calls a container, at %s: check its name: %s", name, a.endpoint, why)
	case !signed:
		return fmt.Errorf("container %s is not public, or not there, and %s: %s", name, noCredentials(a), why)
	case bloberror.HasCode(err, bloberror.AuthenticationFailed, bloberror.InvalidAuthenticationInfo):
		return fmt.Errorf("%s does not take these Azure credentials: they are over, or mistyped; give others: %s", a.endpoint, why)
	case api.StatusCode == http.StatusForbidden:
		return fmt.Errorf("these Azure credentials may not list container %s: a signature needs the permissions to read and to list: %s", name, why)
	}
	return fmt.Errorf("%s answers %s", a.endpoint, why)
}

// Remedy tells whose credentials ClickHouse reads with.
func (*Source) Remedy() string {
	return "it reads with the Azure credentials of this command, or without where there are none: let a signature read as well as list, otherwise check its network"
}

// Table reads a group with azureBlobStorage().
func (s *Source) Table(group []export.Object, format, structure string) (export.TableFunction, error) {
	host, _, _ := strings.Cut(s.Buckets.Path(group[0].Name), "/")
	name, _, _ := strings.Cut(group[0].Path, "/")
	paths := make([]string, len(group))
	for i, o := range group {
		paths[i] = strings.TrimPrefix(o.Path, name+"/")
	}
	a, err := accountOf(host)
	t := export.TableFunction{Settings: map[string]any{}, Params: map[string]any{
		"source_connection": a.connection(), "source_container": name, "source_path": export.BraceList(paths), "source_format": format,
	}}
	t.SQL = "azureBlobStorage(" + t.With("{source_connection:String}, {source_container:String}, {source_path:String}, {source_format:String}, 'auto'", structure) + ")"
	return t, err
}
