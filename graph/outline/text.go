package outline

import (
	"strconv"
	"time"

	"clickql/internal/cube"
)

// AppendString writes a string as the generated code does (graphql.MarshalString).
func AppendString(b []byte, s string) []byte {
	b = append(b, '"')
	start := 0
	for i := range len(s) {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		b = append(append(b, s[start:i]...), '\\')
		switch c {
		case '"', '\\':
			b = append(b, c)
		case '\t':
			b = append(b, 't')
		case '\r':
			b = append(b, 'r')
		case '\n':
			b = append(b, 'n')
		default:
			const hex = "0123456789ABCDEF"
			b = append(b, 'u', '0', '0', hex[c>>4], hex[c&0xf])
		}
		start = i + 1
	}
	return append(append(b, s[start:]...), '"')
}

// AppendOptional writes a value as write does, or null.
func AppendOptional[T any](b []byte, v *T, write Part[T]) []byte {
	if v == nil {
		return append(b, "null"...)
	}
	return write(b, *v)
}

// AppendInt writes the scalar Int64.
func AppendInt(b []byte, n int64) []byte { return strconv.AppendInt(b, n, 10) }

// AppendFloat writes the scalar Float, which is finite, as the generated code
// does (graphql.MarshalFloatContext).
func AppendFloat(b []byte, x float64) []byte { return strconv.AppendFloat(b, x, 'g', -1, 64) }

// AppendDate writes the scalar Date. Years have four digits (cube.MaxDay).
func AppendDate(b []byte, d cube.Day) []byte {
	y, m, day := d.Time().Date()
	digit := func(n int) byte { return byte('0' + n%10) }
	return append(b, '"', digit(y/1000), digit(y/100), digit(y/10), digit(y), '-',
		digit(int(m)/10), digit(int(m)), '-', digit(day/10), digit(day), '"')
}

// AppendDateTime writes the scalar DateTime, in UTC.
func AppendDateTime(b []byte, t time.Time) []byte {
	b = append(b, '"')
	b = t.UTC().AppendFormat(b, time.RFC3339Nano)
	return append(b, '"')
}

// AppendFloats writes a list of the scalar Float; null where there is none.
func AppendFloats(b []byte, list []float64) []byte {
	if list == nil {
		return append(b, "null"...)
	}
	return AppendList(b, list, AppendFloat)
}
