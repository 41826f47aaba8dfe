package export

import (
	"fmt"
	"regexp"
	"strings"

	"clickql/internal/chconn"
)

// FileError is a fault of a file that is known without the server's help.
type FileError string

func (e FileError) Error() string { return string(e) }

const (
	errEmptyFile   = FileError("it is empty (0 bytes)")
	errMissingFile = FileError("it could not be found again: it was removed after it had been listed")
)

// BlamesFile reports that an error may be the fault of a file rather than of
// the server, the network or the account.
func BlamesFile(err error) bool {
	if _, ok := err.(FileError); ok { //nolint:errorlint // never wrapped
		return true
	}
	if accessFault.MatchString(err.Error()) {
		return false
	}
	switch chconn.Classify(err) {
	case chconn.Other:
		_, ok := chconn.Code(err)
		return ok
	case chconn.UnknownColumn:
		return true
	default:
		return false
	}
}

// accessFault matches failures that all files of a bucket share, so that not
// each of them is tried alone and set aside.
var accessFault = regexp.MustCompile(refusal.String() + `|InvalidAccessKeyId|SignatureDoesNotMatch|ExpiredToken|Host not found|Connection refused|Network is unreachable|Temporary DNS|is not allowed in configuration`)

// refusal matches those that may also be of one object alone.
var refusal = regexp.MustCompile(`AccessDenied|HTTP (response|status) code: 40[13]`)

// WithAccessRemedy says what to do where ClickHouse may not read, or cannot reach,
// the files of a source.
func WithAccessRemedy(err error, src Source) error {
	if accessFault.MatchString(err.Error()) {
		return fmt.Errorf("the ClickHouse server cannot read it; %s: %w", src.Remedy(), err)
	}
	return err
}

// faults translates what ClickHouse says about bad files.
var faults = []struct {
	pattern *regexp.Regexp
	words   string
}{
	{refusal, "the ClickHouse server may not read it, though it may read others; allow its account to"},
	{regexp.MustCompile(`magic bytes not found|smaller than the minimum file footer|[Nn]ot a [Pp]arquet file|[Ii]nvalid magic`), "it is not a Parquet file, or it is cut off: its footer is missing"},
	{regexp.MustCompile(`file size is 0 bytes|the file is empty`), "it is empty (0 bytes)"},
	{regexp.MustCompile(`there are no files with provided path|FILE_DOESNT_EXIST|NoSuchKey|does not exist|HTTP (response|status) code: 404`), "it is not there any more"},
	{regexp.MustCompile(`Permission denied`), "the ClickHouse server may not read it"},
	{regexp.MustCompile(`read stage|TProtocolException|[Cc]orrupt|decompress|inflate|Unexpected end|Couldn't deserialize|PARQUET|Parquet`), "its content is damaged"},
}

// PlainReason says in words what is wrong with a file, and what the server said.
func PlainReason(err error) string {
	if f, ok := err.(FileError); ok { //nolint:errorlint // never wrapped
		return string(f)
	}
	text := firstLine(err.Error())
	for _, f := range faults {
		if f.pattern.MatchString(err.Error()) {
			return f.words + " (ClickHouse: " + text + ")"
		}
	}
	return "ClickHouse cannot read it: " + text
}

// versionSuffix is what the server adds to each exception.
var versionSuffix = regexp.MustCompile(`\s*\(version [^)]*\)|(: )?While executing.*|: \(in file/uri [^)]*\)`)

// firstLine shortens the server's message to one line.
func firstLine(text string) string {
	text, _, _ = strings.Cut(text, "\n")
	text = strings.TrimSpace(versionSuffix.ReplaceAllString(text, ""))
	const limit = 300
	if len(text) > limit {
		text = text[:limit] + "…"
	}
	return text
}
