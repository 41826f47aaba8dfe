package chconn

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net"
	"regexp"
	"strconv"
	"syscall"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/column"
	chproto "github.com/ClickHouse/clickhouse-go/v2/lib/proto"
)

// Class is a kind of failure that callers treat alike.
type Class int

// The classes.
const (
	Other         Class = iota // anything else
	None                       // no error at all
	Unavailable                // the server cannot be reached, or went away in mid query
	Timeout                    // the time allowed ran out, on the server or here
	TooMuch                    // a limit on rows or bytes to read or to return
	Memory                     // a memory limit of the query, the user or the server
	Overloaded                 // too many queries or connections at one time, or a quota used up
	Denied                     // the account may not do this, or is not known
	UnknownTable               // no such table or database
	UnknownColumn              // no such column or function in the query
	WrongType                  // a column is of another type than the query takes it for
	Syntax                     // the query or a parameter cannot be read
	Cancelled                  // the caller gave up, or the query was killed
	DiskFull                   // the server has no room on a disk
)

// String names the class, for logs and metrics.
func (c Class) String() string {
	names := [...]string{"other", "none", "unavailable", "timeout", "too_much", "memory", "overloaded",
		"denied", "unknown_table", "unknown_column", "wrong_type", "syntax", "cancelled", "disk_full"}
	if c < 0 || int(c) >= len(names) {
		return "other"
	}
	return names[c]
}

// classOf holds the class of each exception code that has one; see
// ErrorCodes.cpp in the sources of ClickHouse for the codes' names.
func classOf(code int32) Class {
	switch code {
	case 159, 160, 209: // TIMEOUT_EXCEEDED, TOO_SLOW, SOCKET_TIMEOUT
		return Timeout
	case 158, 307, 396: // TOO_MANY_ROWS, TOO_MANY_BYTES, TOO_MANY_ROWS_OR_BYTES
		return TooMuch
	case 241: // MEMORY_LIMIT_EXCEEDED
		return Memory
	case 201, 202, 203, 252: // QUOTA_EXCEEDED, TOO_MANY_SIMULTANEOUS_QUERIES, NO_FREE_CONNECTION, TOO_MANY_PARTS
		return Overloaded
	case 164, 192, 193, 194, 195, 291, 452, 497, 516:
		// READONLY, UNKNOWN_USER, WRONG_PASSWORD, REQUIRED_PASSWORD, IP_ADDRESS_NOT_ALLOWED,
		// DATABASE_ACCESS_DENIED, SETTING_CONSTRAINT_VIOLATION, ACCESS_DENIED, AUTHENTICATION_FAILED
		return Denied
	case 60, 81: // UNKNOWN_TABLE, UNKNOWN_DATABASE
		return UnknownTable
	case 8, 10, 16, 46, 47: // THERE_IS_NO_COLUMN, NOT_FOUND_COLUMN_IN_BLOCK, NO_SUCH_COLUMN_IN_TABLE, UNKNOWN_FUNCTION, UNKNOWN_IDENTIFIER
		return UnknownColumn
	case 43, 53, 70, 386: // ILLEGAL_TYPE_OF_ARGUMENT, TYPE_MISMATCH, CANNOT_CONVERT_TYPE, NO_COMMON_TYPE
		return WrongType
	case 62, 456, 457: // SYNTAX_ERROR, UNKNOWN_QUERY_PARAMETER, BAD_QUERY_PARAMETER
		return Syntax
	case 394: // QUERY_WAS_CANCELLED
		return Cancelled
	case 243: // NOT_ENOUGH_SPACE
		return DiskFull
	case 210, 279, 425, 745, // NETWORK_ERROR, ALL_CONNECTION_TRIES_FAILED, SYSTEM_ERROR, SERVER_OVERLOADED
		225, 242, 285, 286, 319, 999: // of Keeper or the replicas: NO_ZOOKEEPER, TABLE_IS_READ_ONLY, TOO_FEW_LIVE_REPLICAS,
		// UNSATISFIED_QUORUM_FOR_PREVIOUS_WRITE, UNKNOWN_STATUS_OF_INSERT, KEEPER_EXCEPTION
		return Unavailable
	}
	return Other
}

// Classify tells what kind of failure err is; None for nil.
func Classify(err error) Class {
	if err == nil {
		return None
	}
	if errors.As(err, new(*AwayError)) {
		return Unavailable
	}
	if code, ok := Code(err); ok {
		switch text := err.Error(); {
		case diskFull.MatchString(text):
			return DiskFull
		case code == 236 && shutDown.MatchString(text): // ABORTED, which may have other reasons
			return Unavailable
		}
		return classOf(code)
	}
	switch {
	case errors.Is(err, context.Canceled):
		return Cancelled
	case errors.Is(err, clickhouse.ErrAcquireConnTimeout):
		return Overloaded
	case errors.Is(err, context.DeadlineExceeded):
		return Timeout
	}
	if errors.As(err, new(*column.ColumnConverterError)) || errors.As(err, new(*chproto.BlockError)) {
		return WrongType
	}
	var network net.Error
	var file *fs.PathError // its errno looks like a network's
	switch {
	case errors.As(err, &file):
		return Other
	case timedOut(err):
		return Timeout
	case errors.As(err, &network), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed),
		errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE),
		errors.Is(err, clickhouse.ErrConnectionClosed), errors.Is(err, clickhouse.ErrAcquireConnNoAddress), handshake.MatchString(err.Error()):
		return Unavailable
	}
	return Other
}

// diskFull finds ENOSPC and EDQUOT in an exception's text: each system call that
// may meet it has a code of its own, which other failures share.
var diskFull = regexp.MustCompile(`No space left on device|errno: 28\b|Disk quota exceeded|errno: 122\b`)

// shutDown finds a server, or one of its tables, that ends.
var shutDown = regexp.MustCompile(`(?i)server is shutting down|shutdown is called for table`)

// handshake finds what the driver says of a greeting that broke off or was none, which
// it has no error for.
var handshake = regexp.MustCompile(`^(?:\[handshake\]|handshake: failed to)|: (?:\[handshake\]|handshake: failed to)`)

// codeText finds the code in an exception's text, as HTTP and exceptions
// passed on by other servers carry it.
var codeText = regexp.MustCompile(`(?:Code: |code: )(\d+)[.,]`)

// Code is the code of the server's exception; ok is false where err is not one.
func Code(err error) (code int32, ok bool) {
	var ex *chproto.Exception
	if errors.As(err, &ex) {
		return ex.Code, true
	}
	var http *clickhouse.HTTPError
	if !errors.As(err, &http) {
		return 0, false
	}
	m := codeText.FindStringSubmatch(http.Error())
	if m == nil {
		return 0, false
	}
	n, convErr := strconv.ParseInt(m[1], 10, 32)
	return int32(n), convErr == nil
}
