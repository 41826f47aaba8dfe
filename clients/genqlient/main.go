// Command genqlient asks a running gateway through a client that genqlient
// generated from its schema.
package main

import (
	"context"
	"fmt"
	"net/http"
	"os"

	"github.com/Khan/genqlient/graphql"
)

//go:generate go tool genqlient

func main() {
	if err := run(context.Background(), os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run asks for one project, and walks two pages of a list, over POST and GET.
func run(ctx context.Context, endpoint, project string) error {
	for _, client := range []graphql.Client{graphql.NewClient(endpoint, http.DefaultClient), graphql.NewClientUsingGet(endpoint, http.DefaultClient)} {
		last, unit := 3, IntervalMonth
		got, err := Series(ctx, client, project, &DateRange{Last: &last, Unit: &unit})
		if err != nil {
			return err
		}
		var sum int64 // without an error nothing of it is null
		for _, n := range got.Project.Downloads.Series.Totals {
			sum += n
		}
		if total := *got.Project.Downloads.Total; got.Project.Name != project || sum != total || sum == 0 {
			return fmt.Errorf("the series adds up to %d, the total is %d", sum, total)
		}
		if err := pages(ctx, client); err != nil {
			return err
		}
	}
	return nil
}

// pages checks that a second page goes on where the first one ended.
func pages(ctx context.Context, client graphql.Client) error {
	first, err := Page(ctx, client, 3, nil)
	if err != nil {
		return err
	}
	second, err := Page(ctx, client, 3, first.TopProjects.PageInfo.EndCursor)
	if err != nil {
		return err
	}
	a, b := first.TopProjects.Nodes, second.TopProjects.Nodes
	if len(a) != 3 || len(b) != 3 || a[2].Total < b[0].Total || a[2].Project.Name == b[0].Project.Name {
		return fmt.Errorf("pages %v and %v", a, b)
	}
	return nil
}
