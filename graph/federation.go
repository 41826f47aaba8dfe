package graph

import (
	"context"
	"strings"

	"github.com/99designs/gqlgen/graphql"

	"clickql/internal/fault"
)

// Entity is what Query._entities gives: an object that other graphs refer to by
// its key.
type Entity interface{ IsEntity() }

// IsEntity says that Project is an Entity; its key is the name.
func (*Project) IsEntity() {}

// Service is the graph as a router of Apollo Federation composes it.
type Service struct{ Sdl string }

// entityType is the union of what others refer to.
const entityType = "_Entity"

// federated is what a router has to know beside the schema: the version of the
// specification, and what other graphs may refer to.
const federated = `
extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key", "@shareable"])

extend type Project @key(fields: "name")
`

// routerSDL is the schema as a router composes it. Other graphs page as this one
// does: fields of a type are shared where the type itself says so, not an extension.
func routerSDL() string {
	return strings.Replace(SDL(), "type PageInfo {", "type PageInfo @shareable {", 1) + federated
}

// SDL is the schema for clients.
func SDL() string { return publicSchema().Query.Position.Src.Input }

// entities reads Query._entities: names of projects, in any spelling.
func (a arguments) entities() (any, error) {
	given, _ := a.given["representations"].([]any)
	names := make([]string, len(given))
	for i, one := range given {
		of, _ := one.(map[string]any)
		if kind, _ := of["__typename"].(string); kind != projectType {
			return nil, fault.BadInput("representations[%d] is of the type %q; the only type that others refer to is %s", i, kind, projectType)
		}
		name, ok := of["name"].(string)
		if !ok {
			return nil, fault.BadInput("representations[%d] has no name, which is the key of %s", i, projectType)
		}
		names[i] = name
	}
	return normalized(names), a.limits.names("representations", names)
}

// __resolve_entities resolves Query._entities: the name is gqlgen's, which knows the
// field. An entity that cannot be had is null, with an error.
func (*executionContext) __resolve_entities(ctx context.Context) []Entity {
	given, _ := operationOf(ctx).node(ctx).given["representations"].([]any)
	entities := make([]Entity, len(given))
	list, err := queryResolver{}.Projects(ctx)
	if err != nil {
		graphql.AddError(ctx, err)
		return entities
	}
	for i, p := range list {
		if p != nil { // a nil *Project is an Entity that is not nil
			entities[i] = p
		}
	}
	return entities
}

// __resolve__service resolves Query._service.
func (*executionContext) __resolve__service(ctx context.Context) (Service, error) {
	if operationOf(ctx).cfg.NoIntrospection {
		return Service{}, fault.BadInput("the schema is not shown here: the operator has turned introspection off, and hands it to routers in another way")
	}
	return Service{routerSDL()}, nil
}
