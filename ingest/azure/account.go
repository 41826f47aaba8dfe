package azure

import (
	"cmp"
	"errors"
	"net/url"
	"os"
	"strings"
)

// The variables that Azure's command line reads.
const (
	connectionVariable = "AZURE_STORAGE_CONNECTION_STRING"
	accountVariable    = "AZURE_STORAGE_ACCOUNT"
	keyVariable        = "AZURE_STORAGE_KEY"
	signatureVariable  = "AZURE_STORAGE_SAS_TOKEN"
)

// account is what an account is reached with.
type account struct {
	name           string
	endpoint       string // of its blobs
	key, signature string // one of them, or neither
}

// connection is the account as a connection string, which both who read understand.
func (a account) connection() string {
	s := "BlobEndpoint=" + a.endpoint
	switch {
	case a.key != "":
		s += ";AccountName=" + a.name + ";AccountKey=" + a.key
	case a.signature != "":
		s += ";SharedAccessSignature=" + a.signature
	}
	return s
}

// fromEnvironment is the account that the variables are of; one without a name where
// they are not set.
func fromEnvironment() (a account, err error) {
	a = account{name: os.Getenv(accountVariable), key: os.Getenv(keyVariable), signature: os.Getenv(signatureVariable)}
	if text := os.Getenv(connectionVariable); text != "" {
		if a, err = parseConnection(text); err != nil {
			return a, err
		}
	}
	a.signature = strings.TrimPrefix(a.signature, "?")
	if a.name == "" && (a.key != "" || a.signature != "") {
		return a, errors.New("look for Azure credentials: " + accountVariable + " is not set: name the account that " + keyVariable + " or " + signatureVariable + " is of")
	}
	if a.key != "" {
		a.signature = ""
	}
	return a, nil
}

// parseConnection reads a connection string. Its error does not repeat it.
func parseConnection(text string) (a account, err error) {
	fields := map[string]string{}
	for _, field := range strings.Split(text, ";") {
		name, value, _ := strings.Cut(field, "=")
		fields[strings.ToLower(strings.TrimSpace(name))] = value
	}
	a = account{name: fields["accountname"], endpoint: strings.TrimSuffix(fields["blobendpoint"], "/"), key: fields["accountkey"], signature: fields["sharedaccesssignature"]}
	u, err := url.Parse(a.endpoint)
	if err != nil || a.endpoint != "" && (u.Host == "" || u.User != nil || u.RawQuery != "" || u.Scheme != "http" && u.Scheme != "https") {
		return a, errors.New("read " + connectionVariable + ": its BlobEndpoint is no address, as in https://ACCOUNT.blob.core.windows.net")
	}
	if a.name == "" && a.endpoint != "" { // that of a signature names it in the address only
		a.name, _, _ = strings.Cut(u.Hostname(), ".")
	}
	if a.endpoint == "" && a.name != "" && fields["endpointsuffix"] != "" {
		a.endpoint = "https://" + a.name + ".blob." + fields["endpointsuffix"]
	}
	if a.name == "" {
		return a, errors.New("read " + connectionVariable + ": it names no account: copy it whole, with AccountName or BlobEndpoint")
	}
	return a, nil
}

// accountOf is what the account of a host is reached with: no credentials of another
// one's go there.
func accountOf(host string) (account, error) {
	name, _, _ := strings.Cut(host, ".")
	a, err := fromEnvironment()
	if err != nil {
		return a, err
	}
	if a.name != name {
		a = account{name: name}
	}
	a.endpoint = cmp.Or(a.endpoint, "https://"+host)
	return a, nil
}
