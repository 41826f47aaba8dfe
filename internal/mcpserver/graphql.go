package mcpserver

import (
	"context"
	"fmt"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// operating are the arguments of graphql.
type operating struct {
	Query         string         `json:"query" jsonschema:"a GraphQL document with a query"`
	Variables     map[string]any `json:"variables,omitempty" jsonschema:"the values of its variables, by name without the $"`
	OperationName string         `json:"operationName,omitempty" jsonschema:"which operation to run, where the document has several"`
	DryRun        bool           `json:"dryRun,omitempty" jsonschema:"true tells only what the operation would cost: extensions.cost.rows is how many rows ClickHouse is expected to read, queries how many statements, bytes about how long the answer is"`
	MaxRows       int64          `json:"maxRows,omitempty" jsonschema:"the operation does not run where it is expected to read more rows than this; 0 or left out for no bound but the gateway's own"`
	Explain       bool           `json:"explain,omitempty" jsonschema:"true adds extensions.explain: each statement as SQL with the table that it reads"`
}

const graphqlDescription = `Runs any GraphQL query. The tool schema shows types and fields by topic; read it first.
Units: totals are downloads (files fetched); dates are days in UTC, written YYYY-MM-DD, inclusive at both ends; shares are 0 to 1; change is relative (0.25 is +25 %).
The answer is GraphQL's: data, errors where fields failed, extensions.cost with the rows that were read.
Put several questions into one query by aliases: together they cost less. With dryRun nothing runs and the cost is told; with maxRows nothing dearer runs.
Example: {"query": "query($n: String!) { project(name: $n) { downloads(range: {last: 90}) { total by(dimension: COUNTRY, first: 3) { label total share } } } }", "variables": {"n": "pandas"}}`

// addGraphQL adds graphql.
func (s *Service) addGraphQL() {
	add(s, "graphql", "GraphQL query", graphqlDescription, func(ctx context.Context, in operating) (*mcp.CallToolResult, any, error) {
		op := operation{Query: in.Query, Variables: in.Variables, OperationName: in.OperationName}
		if in.MaxRows < 0 {
			return nil, nil, fmt.Errorf("BAD_USER_INPUT: maxRows is %d; it cannot be negative", in.MaxRows)
		}
		if in.DryRun || in.MaxRows > 0 {
			op.Extensions = map[string]bool{"dryRun": true}
			price, err := s.operate(ctx, op)
			if err != nil {
				return nil, nil, err
			}
			if most := in.MaxRows; most > 0 && price.Extensions.Cost.Rows > float64(most) {
				return nil, nil, fmt.Errorf("COST_LIMIT: the operation is expected to read %.0f rows; maxRows allows %d: ask about one project, a shorter range or fewer filters, or allow more",
					price.Extensions.Cost.Rows, most)
			}
			if in.DryRun {
				return nil, price.body, nil
			}
		}
		op.Extensions = map[string]bool{"explain": in.Explain}
		a, err := s.operate(ctx, op)
		if err != nil {
			return nil, nil, err
		}
		return nil, a.body, nil
	})
}
