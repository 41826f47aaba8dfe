package main

import "clickql/graph"

// schemaText is the schema as it was written, comments included.
func schemaText() string {
	return graph.NewExecutableSchema(graph.Config{}).Schema().Query.Position.Src.Input
}
