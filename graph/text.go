package graph

import (
	"strconv"
	"time"

	"clickql/internal/cube"
)

// appendString writes a string as the generated code does (graphql.MarshalString).
func appendString(b []byte, s string) []byte {
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

// appendOptional writes a string, or null.
func appendOptional(b []byte, s *string) []byte {
	if s == nil {
		return append(b, "null"...)
	}
	return appendString(b, *s)
}

// appendInt writes the scalar Int64.
func appendInt(b []byte, n int64) []byte { return strconv.AppendInt(b, n, 10) }

// appendFloat writes the scalar Float, which is finite, as the generated code
// does (graphql.MarshalFloatContext).
func appendFloat(b []byte, x float64) []byte { return strconv.AppendFloat(b, x, 'g', -1, 64) }

// appendDate writes the scalar Date. Years have four digits (cube.MaxDay).
func appendDate(b []byte, d cube.Day) []byte {
	y, m, day := d.Time().Date()
	digit := func(n int) byte { return byte('0' + n%10) }
	return append(b, '"', digit(y/1000), digit(y/100), digit(y/10), digit(y), '-',
		digit(int(m)/10), digit(int(m)), '-', digit(day/10), digit(day), '"')
}

// appendDateTime writes the scalar DateTime, in UTC.
func appendDateTime(b []byte, t time.Time) []byte {
	b = append(b, '"')
	b = t.UTC().AppendFormat(b, time.RFC3339Nano)
	return append(b, '"')
}

// appendOptionalDateTime writes the scalar DateTime, or null.
func appendOptionalDateTime(b []byte, t *time.Time) []byte {
	if t == nil {
		return append(b, "null"...)
	}
	return appendDateTime(b, *t)
}

// appendFloats writes a list of the scalar Float; null where there is none.
func appendFloats(b []byte, list []float64) []byte {
	if list == nil {
		return append(b, "null"...)
	}
	return appendList(b, list, appendFloat)
}
