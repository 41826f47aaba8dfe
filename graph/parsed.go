package graph

import (
	"sync"

	"clickql/internal/pypi"
)

// once keeps what texts were parsed to, so that each is parsed once in an operation,
// however many fields have it and however long the lists are that they are in.
type once[T any] struct {
	mu    sync.Mutex
	known map[string]outcome[T]
}

type outcome[T any] struct {
	value T
	err   error
}

// of is what parse makes of the text.
func (o *once[T]) of(text string, parse func(string) (T, error)) (T, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if found, ok := o.known[text]; ok {
		return found.value, found.err
	}
	if o.known == nil {
		o.known = map[string]outcome[T]{}
	}
	value, err := parse(text)
	o.known[text] = outcome[T]{value, err}
	return value, err
}

// parsedTexts are the texts of an operation that have been parsed.
type parsedTexts struct {
	specifiers   once[*pypi.Specifier]
	requirements once[[]pypi.RequirementLine]
}
