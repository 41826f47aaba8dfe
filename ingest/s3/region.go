package s3

import (
	"cmp"
	"context"
	"net/http"
	"strings"
)

// defaultRegion is the one that answers for buckets of all others, and that stores
// other than AWS's take.
const defaultRegion = "us-east-1"

// place is where a bucket is read: at a service, in a region.
type place struct{ endpoint, region string }

// placeOf finds a bucket's place. AWS has an address for each region, and tells a
// bucket's to everybody.
func (s *Source) placeOf(ctx context.Context, bucket string) place {
	if s.cfg.Endpoint != "" {
		return place{s.cfg.Endpoint, cmp.Or(s.cfg.Region, defaultRegion)}
	}
	s.mu.Lock()
	region := s.regions[bucket]
	s.mu.Unlock()
	if region == "" {
		region = cmp.Or(s.askRegion(ctx, bucket), s.cfg.Region, defaultRegion)
		s.mu.Lock()
		s.regions[bucket] = region
		s.mu.Unlock()
	}
	domain := ".amazonaws.com"
	if strings.HasPrefix(region, "cn-") {
		domain = ".amazonaws.com.cn"
	}
	return place{"https://s3." + region + domain, region}
}

// askRegion asks AWS for a bucket's region; empty where it does not say, as of
// buckets in partitions of their own.
func (s *Source) askRegion(ctx context.Context, bucket string) string {
	r, err := http.NewRequestWithContext(ctx, http.MethodHead, "https://s3."+defaultRegion+".amazonaws.com/"+bucket, http.NoBody)
	if err != nil {
		return ""
	}
	client := &http.Client{Timeout: answerTimeout, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(r)
	if err != nil {
		return ""
	}
	_ = res.Body.Close() // it has none
	return res.Header.Get("X-Amz-Bucket-Region")
}
