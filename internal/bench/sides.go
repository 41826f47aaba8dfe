package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"clickql/internal/ddl"
	"clickql/internal/sample"
)

// byHand runs hand-written SQL over clickhouse-go's native protocol, without
// any package of ours in between: what the gateway is held against.
type byHand struct{ driver.Conn }

func openByHand(dsn string) (byHand, error) {
	opts, err := clickhouse.ParseDSN(dsn)
	if err != nil {
		return byHand{}, fmt.Errorf("connect the hand-written SQL: %w", err)
	}
	opts.MaxOpenConns, opts.MaxIdleConns, opts.ConnMaxLifetime = conns, conns, time.Hour
	opts.DialTimeout = time.Minute // also the longest wait for a free connection
	conn, err := clickhouse.Open(opts)
	return byHand{conn}, err
}

// run runs statements one after another and reads every value of their rows.
// counted, which may be nil, is given the values of each column c.
func (h byHand) run(ctx context.Context, statements []string, counted func(int64)) error {
	for _, sql := range statements {
		if err := h.statement(ctx, sql, counted); err != nil {
			return fmt.Errorf("%w in: %s", err, sql)
		}
	}
	return nil
}

func (h byHand) statement(ctx context.Context, sql string, counted func(int64)) (err error) {
	rows, err := h.Query(ctx, sql)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	types, names := rows.ColumnTypes(), rows.Columns()
	dest := make([]any, len(types))
	for i, t := range types {
		dest[i] = reflect.New(t.ScanType()).Interface()
	}
	for rows.Next() {
		if err := rows.Scan(dest...); err != nil {
			return err
		}
		for i, name := range names {
			if n, ok := dest[i].(*int64); ok && name == "c" && counted != nil {
				counted(*n)
			}
		}
	}
	return rows.Err()
}

// rowsRead runs statements and tells how many rows ClickHouse read for them.
func (h byHand) rowsRead(ctx context.Context, statements []string) (uint64, error) {
	var rows atomic.Uint64
	ctx = clickhouse.Context(ctx, clickhouse.WithProgress(func(p *clickhouse.Progress) { rows.Add(p.Rows) }))
	err := h.run(ctx, statements, nil)
	return rows.Load(), err
}

// shape is one of the two shapes of the export, as patterns of file names and
// as the names of what is nested or flattened.
type shape struct {
	files string
	leaf  func(path string) string
	ci    string
}

// shapes are the flattened bulk export and the nested daily one.
func shapes() []shape {
	return []shape{
		{files: "file_downloads-*.parquet", leaf: func(path string) string { return "`" + path + "`" }, ci: "NULL"},
		{files: "1*.parquet", leaf: func(path string) string { return path }, ci: "ci"},
	}
}

// bareInsert loads files of a shape, read by a table function, with one INSERT
// SELECT into every column of the raw table, as an expert would write it; the views do
// the rest. What a file's name tells has the expressions of the schema's own view, as
// nobody would write those anew.
func (s shape) bareInsert(from string) string {
	leaf := func(path string) string { return "ifNull(" + s.leaf(path) + ", '')" }
	columns := append([]ddl.Expression{
		{Name: "date", SQL: "toDate(timestamp, 'UTC')"},
		{Name: "country_code", SQL: "ifNull(country_code, '')"},
		{Name: "project", SQL: "project"},
		{Name: "installer", SQL: leaf("installer.name")},
		{Name: "python_minor", SQL: "substringIndex(ifNull(python, ''), '.', 2)"},
		{Name: "system", SQL: leaf("system.name")},
		{Name: "version", SQL: leaf("file.version")},
		{Name: "ci", SQL: "multiIf(" + s.ci + " IS NULL, 'unknown', " + s.ci + ", 'true', 'false')"},
		{Name: ddl.NameColumn, SQL: leaf("file.filename")},
		{Name: "libc", SQL: "(" + leaf("distro.libc.lib") + ", " + leaf("distro.libc.version") + ")"},
		{Name: "cpu", SQL: "ifNull(cpu, '')"},
		{Name: "distro", SQL: "trimBoth(concat(" + leaf("distro.name") + ", ' ', " + leaf("distro.version") + "))"},
		{Name: "implementation", SQL: leaf("implementation.name")},
		{Name: "installer_version", SQL: "trimBoth(concat(" + leaf("installer.name") + ", ' ', substringIndex(" + leaf("installer.version") + ", '.', 2)))"},
	}, ddl.ToldByName(leaf("file.filename"), leaf("file.type"))...)
	var names, values []string
	for _, c := range columns {
		names, values = append(names, c.Name), append(values, c.SQL)
	}
	return "INSERT INTO " + ddl.RawTable + " (" + strings.Join(names, ", ") + ") SELECT " + strings.Join(values, ", ") + " FROM " + from + " WHERE project != '' AND timestamp IS NOT NULL"
}

// copyTo reads the files of a shape and writes the same rows to one other file.
func (s shape) copyTo(dir, file string) string {
	return fmt.Sprintf("INSERT INTO FUNCTION file(%s, 'Parquet') SELECT * FROM %s SETTINGS engine_file_truncate_on_insert = 1", literal(file), s.from(dir))
}

// from is the table function that reads the shape's files.
func (s shape) from(dir string) string {
	return "file(" + literal(s.pattern(dir)) + ", 'Parquet')"
}

func (s shape) pattern(dir string) string { return filepath.Join(dir, sample.DownloadsDir, s.files) }

// present are the shapes that a sample has files of.
func present(dir string) ([]shape, error) {
	var out []shape
	for _, s := range shapes() {
		found, err := filepath.Glob(s.pattern(dir))
		if err != nil {
			return nil, err
		}
		if len(found) > 0 {
			out = append(out, s)
		}
	}
	return out, nil
}

// floor is a bare net/http server that writes answers it was given: the least
// that any server written in Go pays for an HTTP answer of these bytes.
type floor struct {
	*clients
	srv   *http.Server
	ended chan error
}

// startFloor serves bodies[i] under every path that begins with /i.
func startFloor(bodies [][]byte, contentType string) (*floor, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	f := &floor{clients: newClients(ln.Addr().String(), maxClients), ended: make(chan error, 1)}
	f.srv = &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		number, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
		i, err := strconv.Atoi(number)
		if err != nil || i < 0 || i >= len(bodies) {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", contentType)
		_, _ = w.Write(bodies[i]) // a client that has gone fails by itself
	})}
	go func() { f.ended <- f.srv.Serve(ln) }()
	return f, nil
}

// Close ends the clients' connections, then the server.
func (f *floor) Close() error {
	f.close()
	err := f.srv.Close()
	if ended := <-f.ended; !errors.Is(ended, http.ErrServerClosed) {
		err = errors.Join(err, ended)
	}
	return err
}

// client is one HTTP client on a connection that it keeps. It does no more
// than it must, so that what is measured is the server: net/http's own client
// hands each request through two further goroutines. It asks for no
// compression, as load generators do not.
type client struct {
	conn net.Conn
	in   *bufio.Reader
}

// clients is a set of clients of one server, by number; each is used by one
// goroutine at a time.
type clients struct {
	addr string
	all  []client
}

func newClients(addr string, n int) *clients { return &clients{addr, make([]client, n)} }

// send writes a request and reads the answer's body into sink.
func (c *clients) send(ctx context.Context, number int, request []byte, sink io.Writer) error {
	cl := &c.all[number]
	if cl.conn == nil {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", c.addr)
		if err != nil {
			return err
		}
		cl.conn, cl.in = conn, bufio.NewReaderSize(conn, 64<<10)
	}
	stop := context.AfterFunc(ctx, func() { _ = cl.conn.Close() })
	defer stop()
	if _, err := cl.conn.Write(request); err != nil {
		return err
	}
	answer, err := http.ReadResponse(cl.in, nil)
	if err != nil {
		return err
	}
	_, err = io.Copy(sink, answer.Body)
	err = errors.Join(err, answer.Body.Close())
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("the answer is %s", answer.Status)
	}
	return err
}

// close ends all connections; who sends again has new ones.
func (c *clients) close() {
	for i := range c.all {
		if c.all[i].conn != nil {
			_ = c.all[i].conn.Close() // nothing is in flight
			c.all[i] = client{}
		}
	}
}
