package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/fsouza/fake-gcs-server/fakestorage"

	"clickql/ingest"
	"clickql/ingest/gcs"
	"clickql/internal/sample"
)

// bucketName is that of the bucket that a sample is served as.
const bucketName = "sample"

// place is where a load finds the files of a sample: on the disk of ClickHouse's
// machine, or in a bucket of an emulator of Google Cloud Storage in this process.
type place struct {
	dir    string
	server *fakestorage.Server // nil: on the disk
	host   string
	source *gcs.Source
}

// openBucket serves a sample as a bucket, from memory.
func openBucket(dir string) (p place, err error) {
	files, err := filepath.Glob(filepath.Join(dir, sample.DownloadsDir, "*.parquet"))
	if err != nil {
		return p, err
	}
	// The emulator serves an object under bucket/name only where it knows its own
	// address, so its port is chosen beforehand.
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return p, err
	}
	port := l.Addr().(*net.TCPAddr).Port
	p = place{dir: dir, host: l.Addr().String()}
	if err := l.Close(); err != nil {
		return p, err
	}
	p.server, err = fakestorage.NewServerWithOptions(fakestorage.Options{Scheme: "http", Host: "127.0.0.1", Port: uint16(port), PublicHost: p.host})
	if err != nil {
		return p, fmt.Errorf("serve the sample as a bucket: %w", err)
	}
	p.server.CreateBucketWithOpts(fakestorage.CreateBucketOpts{Name: bucketName})
	for _, f := range files {
		content, err := os.ReadFile(f)
		if err != nil {
			p.server.Stop()
			return p, err
		}
		p.server.CreateObject(fakestorage.Object{ObjectAttrs: fakestorage.ObjectAttrs{BucketName: bucketName, Name: filepath.Base(f)}, Content: content})
	}
	p.source = gcs.New(gcs.Config{EmulatorHost: p.server.URL()})
	return p, nil
}

// Close ends serving.
func (p place) Close() error {
	if p.server == nil {
		return nil
	}
	err := p.source.Close()
	p.server.Stop()
	return err
}

// table is the table function that reads the files of a shape.
func (p place) table(s shape) (string, error) {
	if p.server == nil {
		return s.from(p.dir), nil
	}
	files, err := filepath.Glob(s.pattern(p.dir))
	if err != nil {
		return "", err
	}
	if len(files) == 0 {
		return "", errors.New("the sample has no file " + s.files)
	}
	for i := range files {
		files[i] = strings.TrimSuffix(filepath.Base(files[i]), ".parquet")
	}
	return "gcs(" + literal("http://"+path.Join(p.host, bucketName)+"/{"+strings.Join(files, ",")+"}.parquet") + ", NOSIGN, 'Parquet')", nil
}

// load names the files for ingest, and who reads them.
func (p place) load() (sources []ingest.Source, files string) {
	if p.server == nil {
		return nil, filepath.Join(p.dir, sample.DownloadsDir, "*.parquet")
	}
	return []ingest.Source{p.source}, "gs://" + bucketName + "/*.parquet"
}
