package tabular

import (
	"fmt"
	"io"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/compress"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
)

// batch is how many rows are held before they are written.
const batch = 1 << 16

// columnar writes Arrow's file format or Parquet, a batch at a time.
type columnar struct {
	rows *array.RecordBuilder
	held int
	out  interface {
		Write(arrow.RecordBatch) error
		Close() error
	}
}

func newColumnar(f Format, w io.Writer, columns []Column) (Writer, error) {
	fields := make([]arrow.Field, len(columns))
	for i, c := range columns {
		fields[i] = arrow.Field{Name: c.Name, Type: types[c.Kind], Nullable: !c.Required}
	}
	schema := arrow.NewSchema(fields, nil)
	c := &columnar{rows: array.NewRecordBuilder(memory.DefaultAllocator, schema)}
	var err error
	if f == Arrow {
		c.out, err = ipc.NewFileWriter(w, ipc.WithSchema(schema))
	} else {
		c.out, err = pqarrow.NewFileWriter(schema, open{w}, parquet.NewWriterProperties(parquet.WithCompression(compress.Codecs.Zstd)), pqarrow.DefaultWriterProps())
	}
	if err != nil {
		return nil, fmt.Errorf("write a table as %s: %w", f, err)
	}
	return c, nil
}

// open keeps a writer from being closed with what is written to it.
type open struct{ io.Writer }

// types are the kinds in Arrow.
var types = map[Kind]arrow.DataType{
	Text: arrow.BinaryTypes.String, Whole: arrow.PrimitiveTypes.Int64, Real: arrow.PrimitiveTypes.Float64,
	Truth: arrow.FixedWidthTypes.Boolean, Date: arrow.FixedWidthTypes.Date32,
}

func (c *columnar) Row(values ...any) error {
	for i, v := range values {
		field := c.rows.Field(i)
		switch v := v.(type) {
		case nil:
			field.AppendNull()
		case string:
			field.(*array.StringBuilder).Append(v)
		case int64:
			field.(*array.Int64Builder).Append(v)
		case float64:
			field.(*array.Float64Builder).Append(v)
		case bool:
			field.(*array.BooleanBuilder).Append(v)
		case Day:
			field.(*array.Date32Builder).Append(arrow.Date32(v))
		default:
			return fmt.Errorf("write a %T: there is no column of that kind", v)
		}
	}
	if c.held++; c.held == batch {
		return c.flush()
	}
	return nil
}

// flush writes the rows held.
func (c *columnar) flush() error {
	if c.held == 0 {
		return nil
	}
	c.held = 0
	rec := c.rows.NewRecordBatch()
	defer rec.Release()
	return c.out.Write(rec)
}

func (c *columnar) Close() error {
	defer c.rows.Release()
	if err := c.flush(); err != nil {
		return err
	}
	return c.out.Close()
}
