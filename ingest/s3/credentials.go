package s3

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/minio/minio-go/v7/pkg/credentials"
)

// roleDial bounds the wait for the service that knows a machine's role: where there
// is none, nothing answers.
const roleDial = time.Second

// newCredentials looks for credentials where AWS's tools do, in their order. None are
// looked for before they are needed.
func newCredentials(anonymous bool) *credentials.Credentials {
	if anonymous {
		return credentials.NewStatic("", "", "", credentials.SignatureAnonymous)
	}
	providers := []credentials.Provider{&credentials.EnvAWS{}, &credentials.FileAWSCredentials{}}
	if os.Getenv("AWS_EC2_METADATA_DISABLED") != "true" || inContainer() {
		dialer := &net.Dialer{Timeout: roleDial}
		providers = append(providers, &credentials.IAM{Client: &http.Client{Transport: &http.Transport{DialContext: dialer.DialContext}, Timeout: answerTimeout}})
	}
	return credentials.NewChainCredentials(providers)
}

// inContainer reports that the environment says who gives a role's credentials.
func inContainer() bool {
	return cmp.Or(os.Getenv("AWS_WEB_IDENTITY_TOKEN_FILE"), os.Getenv("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"), os.Getenv("AWS_CONTAINER_CREDENTIALS_FULL_URI")) != ""
}

// answerTimeout bounds one request for credentials or a region.
const answerTimeout = 10 * time.Second

// key is what requests are signed with; an empty one is for requests without a
// signature. A profile that was asked for and gives none is an error: a bucket that
// is then refused would not tell why.
func (s *Source) key(ctx context.Context) (credentials.Value, error) {
	with := &credentials.CredContext{Context: ctx, Client: &http.Client{Timeout: answerTimeout}}
	v, err := s.credentials.GetWithContext(with)
	if profile := os.Getenv("AWS_PROFILE"); err == nil && v.AccessKeyID == "" && profile != "" && !s.cfg.Anonymous {
		_, err = (&credentials.FileAWSCredentials{}).RetrieveWithCredContext(with)
		if err != nil {
			err = fmt.Errorf("look for AWS credentials in the profile %s (AWS_PROFILE): %w", profile, err)
		}
	}
	return v, err
}
