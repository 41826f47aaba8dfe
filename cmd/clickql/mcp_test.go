package main

import (
	"strings"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"clickql/internal/chtest"
)

// TestMCP: a program that starts the command can call its tools, and the command
// ends with its input.
func TestMCP(t *testing.T) {
	db := chtest.NewWithSchema(t)
	if err := db.Conn.Exec(t.Context(), busy); err != nil {
		t.Fatal(err)
	}
	cmd := commandProcess(t, "mcp", "--clickhouse", db.ReadOnlyDSN, "--data", t.TempDir())
	client := mcp.NewClient(&mcp.Implementation{Name: "test", Version: "1"}, nil)
	session, err := client.Connect(t.Context(), &mcp.CommandTransport{Command: cmd}, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := session.CallTool(t.Context(), &mcp.CallToolParams{Name: "graphql", Arguments: map[string]any{"query": "{ topProjects(first: 1) { nodes { project { name } } } }"}})
	if err != nil || res.IsError || len(res.Content) != 1 {
		t.Fatalf("%+v, %v", res, err)
	}
	if text := res.Content[0].(*mcp.TextContent).Text; !strings.Contains(text, `"name":"p0"`) {
		t.Errorf("%s", text)
	}
	if err := session.Close(); err != nil {
		t.Error(err)
	}
}
