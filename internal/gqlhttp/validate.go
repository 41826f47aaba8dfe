package gqlhttp

import (
	"maps"
	"slices"

	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/core"
	"github.com/vektah/gqlparser/v2/validator/rules"
)

// rule is one rule of validation.
type rule struct {
	name string
	core.RuleFunc
}

// boundedRules are the rules in an order that does not change, the quadratic one
// replaced.
func boundedRules(all *rules.Rules) (bounded []rule) {
	inner := all.GetInner()
	for _, name := range slices.Sorted(maps.Keys(inner)) {
		check := inner[name]
		if name == overlapRule {
			check = overlap
		}
		bounded = append(bounded, rule{name, check})
	}
	return bounded
}

// enough ends validation: the library's walk goes to the end whatever it finds.
type enough struct{}

// validate is what is wrong with a document: at most maxErrors errors, each of a
// bounded length.
func validate(schema *ast.Schema, doc *ast.QueryDocument, all []rule, cyclic bool) (errs gqlerror.List) {
	defer func() {
		if cause := recover(); cause != nil {
			if _, ok := cause.(enough); !ok {
				panic(cause)
			}
		}
	}()
	observers := &core.Events{}
	for _, r := range all {
		if r.name == overlapRule && cyclic { // it would not end; the cycle is an error anyway
			continue
		}
		r.RuleFunc(observers, func(options ...core.ErrorOption) {
			err := &gqlerror.Error{Rule: r.name}
			for _, set := range options {
				set(err)
			}
			err.Message = Shorten(err.Message)
			errcode.Set(err, errcode.ValidationFailed)
			if errs = append(errs, err); len(errs) >= maxErrors {
				errs = append(errs, failure(errcode.ValidationFailed, "there are more errors; validation has stopped here"))
				panic(enough{})
			}
		})
	}
	validator.Walk(schema, doc, observers)
	return errs
}
