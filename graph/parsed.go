package graph

import (
	"sync"

	"clickql/internal/pypi"
)

// once keeps what texts were parsed to, so that each is parsed once in an operation,
// however many fields have it and however long the lists are that they are in.
type once[T any] struct{ known sync.Map }

// of is what parse makes of the text.
func (o *once[T]) of(text string, parse func(string) (T, error)) (T, error) {
	parsed, known := o.known.Load(text)
	if !known {
		parsed, _ = o.known.LoadOrStore(text, sync.OnceValues(func() (T, error) { return parse(text) }))
	}
	return parsed.(func() (T, error))()
}

// parsedTexts are the texts of an operation that have been parsed.
type parsedTexts struct {
	specifiers   once[*pypi.Specifier]
	requirements once[[]pypi.RequirementLine]
}
