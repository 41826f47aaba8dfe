//go:build ignore

// gen writes generated.go with gqlgen, for fields without arguments: those are
// read by package coerce, once, when the operation is compiled, and resolvers
// find them there.
package main

import (
	"log"
	"maps"
	"strings"

	"github.com/99designs/gqlgen/api"
	"github.com/99designs/gqlgen/codegen/config"
	"github.com/vektah/gqlparser/v2/ast"
)

func main() {
	cfg, err := config.LoadConfigFromDefaultLocations()
	if err != nil {
		log.Fatal(err)
	}
	if err := api.Generate(cfg, api.AddPlugin(withoutArguments{})); err != nil {
		log.Fatal(err)
	}
}

// withoutArguments takes the arguments, and the inputs that only they use, from
// what code is generated for. The schema that is served keeps them.
type withoutArguments struct{}

func (withoutArguments) Name() string { return "withoutArguments" }

func (withoutArguments) MutateSchema(schema *ast.Schema) error {
	for _, def := range schema.Types {
		if def.BuiltIn {
			continue
		}
		for _, field := range def.Fields {
			if !strings.HasPrefix(field.Name, "__") {
				field.Arguments = nil
			}
		}
	}
	maps.DeleteFunc(schema.Types, func(_ string, def *ast.Definition) bool { return def.Kind == ast.InputObject })
	return nil
}
