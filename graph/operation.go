package graph

import (
	"context"
	"iter"
	"slices"

	"github.com/99designs/gqlgen/graphql"

	"clickql/graph/coerce"
	"clickql/graph/rounds"
)

// operation is what one GraphQL operation keeps while it runs: what it asks of
// the database, and its selection, compiled.
type operation struct {
	*rounds.Operation
	limits Limits
	reader *coerce.Reader
	cfg    *HandlerConfig
	nodes  map[string]*node // by the path of response keys that leads to them
	size   *counted         // of the answer
	member *member          // of a batch; nil where it came alone
	joint  *joint           // with which of the batch it asks; nil where by itself
	parsed parsedTexts
}

type operationKey struct{}

// withOperation is ctx carrying op to the root resolvers.
func withOperation(ctx context.Context, op *operation) context.Context {
	return context.WithValue(ctx, operationKey{}, op)
}

// operationOf is the operation that ctx carries.
func operationOf(ctx context.Context) *operation {
	op, _ := ctx.Value(operationKey{}).(*operation)
	return op
}

// node is one selected field: all that is selected under one response key at one
// place of the operation.
type node struct {
	rounds.Place // where requests of its elements wait for it

	name  string
	field graphql.CollectedField
	path  string         // the response keys that lead to it
	given map[string]any // its arguments, read as their types
	args  any            // what they mean; nil where it has none
	err   error          // what is wrong with them, for its resolver to tell
	below []*node        // what is selected of its value
}

// has reports that a field of one of the names is selected below.
func (n *node) has(names ...string) bool {
	for range n.each(names...) {
		return true
	}
	return false
}

// each goes through the fields of one of the names below whose arguments mean
// something.
func (n *node) each(names ...string) iter.Seq[*node] {
	return func(yield func(*node) bool) {
		for _, b := range n.below {
			if b.err == nil && slices.Contains(names, b.name) && !yield(b) {
				return
			}
		}
	}
}

// through goes through the fields that a path of names leads to.
func (n *node) through(name string, path ...string) iter.Seq[*node] {
	return func(yield func(*node) bool) {
		for b := range n.each(name) {
			if len(path) == 0 {
				if !yield(b) {
					return
				}
				continue
			}
			for c := range b.through(path[0], path[1:]...) {
				if !yield(c) {
					return
				}
			}
		}
	}
}

// field is the field that ctx is in, with what its arguments mean. Before
// anything is known of the data every field fails with UNAVAILABLE: that no
// project is known yet does not mean that there is none.
func field[T any](ctx context.Context) (op *operation, n *node, args T, err error) {
	op = operationOf(ctx)
	if err := op.Ready(); err != nil {
		return op, nil, args, err
	}
	n = op.node(ctx)
	if n.err != nil {
		return op, n, args, n.err
	}
	return op, n, n.args.(T), nil
}

// pathOf is the path of the field that ctx is in: the response keys that lead to
// it, without the lists' indices.
func pathOf(ctx context.Context) string {
	return string(appendPath(make([]byte, 0, 64), graphql.GetFieldContext(ctx)))
}

func appendPath(b []byte, fc *graphql.FieldContext) []byte {
	if fc == nil {
		return b
	}
	b = appendPath(b, fc.Parent)
	if fc.Index == nil && fc.Field.Field != nil {
		b = append(append(b, '/'), fc.Field.Alias...)
	}
	return b
}

// node is the field that ctx is in.
func (op *operation) node(ctx context.Context) *node { return op.nodes[pathOf(ctx)] }

// resolver roots the generated code's resolvers.
type resolver struct{}

// Query is where queries begin.
func (resolver) Query() QueryResolver { return queryResolver{} }

// queryResolver resolves the fields of Query, each in the file of its subject.
type queryResolver struct{}

// Subscription is where subscriptions begin.
func (resolver) Subscription() SubscriptionResolver { return subscriptionResolver{} }
