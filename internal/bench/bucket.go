package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"

	"clickql/ingest/export"
	"clickql/ingest/gcs"
	"clickql/internal/fakegcs"
	"clickql/internal/sample"
)

// bucketName is that of the bucket that a sample is served as.
const bucketName = "sample"

// place is where a load finds the files of a sample: on the disk of ClickHouse's
// machine, or in a bucket of an emulator of Google Cloud Storage in this process.
type place struct {
	dir    string
	bucket *fakegcs.Bucket // nil: on the disk
	source *gcs.Source
}

// openBucket serves a sample as a bucket, from memory.
func openBucket(dir string) (p place, err error) {
	files, err := filepath.Glob(filepath.Join(dir, sample.DownloadsDir, "*.parquet"))
	if err != nil {
		return p, err
	}
	bucket, err := fakegcs.Start(bucketName)
	if err != nil {
		return p, err
	}
	for _, f := range files {
		content, err := os.ReadFile(f)
		if err != nil {
			bucket.Stop()
			return p, err
		}
		bucket.Put(filepath.Base(f), content)
	}
	p = place{dir: dir, bucket: &bucket}
	p.source = gcs.New(gcs.Config{EmulatorHost: bucket.URL()})
	return p, nil
}

// Close ends serving.
func (p place) Close() error {
	if p.bucket == nil {
		return nil
	}
	err := p.source.Close()
	p.bucket.Stop()
	return err
}

// table is the table function that reads the files of a shape.
func (p place) table(s shape) (string, error) {
	if p.bucket == nil {
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
	return "gcs(" + literal(p.bucket.URL()+"/"+bucketName+"/{"+strings.Join(files, ",")+"}.parquet") + ", NOSIGN, 'Parquet')", nil
}

// load names the files for ingest, and who reads them.
func (p place) load() (sources []export.Source, files string) {
	if p.bucket == nil {
		return nil, filepath.Join(p.dir, sample.DownloadsDir, "*.parquet")
	}
	return []export.Source{p.source}, "gs://" + bucketName + "/*.parquet"
}
