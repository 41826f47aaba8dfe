package main

import (
	"net/url"
	"os"

	"github.com/spf13/pflag"

	"clickql/ingest/verify"
)

// again writes the flags that lead another command to the same database and,
// for those with a SOURCE, to the same buckets, as far as this command line
// gives them: what the environment gives, the next command finds there too. A
// DSN with a password is named by its variable, without which a shell stops.
func again(flags *pflag.FlagSet) (database, source string) {
	for _, name := range []string{"clickhouse", "data", "database"} {
		database += againFlag(flags, name)
	}
	source = database
	for _, name := range []string{"gcs-hmac-key", "gcs-anonymous", "s3-anonymous", "s3-server-keys"} {
		source += againFlag(flags, name)
	}
	return database, source
}

// againFlag writes one flag, with a space before it.
func againFlag(flags *pflag.FlagSet, name string) string {
	f := flags.Lookup(name)
	if f == nil || !f.Changed || os.Getenv(environmentName(name)) == f.Value.String() {
		return ""
	}
	switch value := f.Value.String(); {
	case f.Value.Type() == "bool":
		return " --" + name
	case name == "clickhouse" && hasPassword(value):
		return " --" + name + ` "${` + environmentName(name) + `:?}"`
	default:
		return " --" + name + " " + verify.ShellQuote(value)
	}
}

// hasPassword reports that a DSN is not to be shown.
func hasPassword(dsn string) bool {
	u, err := url.Parse(dsn)
	if err != nil {
		return true
	}
	_, there := u.User.Password()
	return there || u.Query().Has("password")
}
