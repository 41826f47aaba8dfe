package ddl

import (
	"context"
	"fmt"

	"clickql/internal/chconn"
	"clickql/internal/chschema"
	"clickql/internal/country"
)

// Present is what a database holds of what is expected of it.
type Present struct {
	// Database reports that it exists.
	Database bool
	// Tables are the tables, views and dictionaries by name.
	Tables map[string]*chschema.Table
	// Countries reports that no country is missing.
	Countries bool
	// partial is what some hosts of a cluster have, by name, which is not in Tables.
	partial map[string]partial
}

// Read reads what the database holds; with a cluster, what it holds on every host
// of it.
func Read(ctx context.Context, conn *chconn.Conn, o Options) (*Present, error) {
	database := o.database()
	p := &Present{Tables: map[string]*chschema.Table{}}
	db := chschema.DB{Conn: conn}
	var err error
	if p.Database, err = chschema.Exists(ctx, db, database); err != nil || !p.Database && o.Cluster == "" {
		return p, err
	}
	schema, err := chschema.Read(ctx, db, database)
	if err != nil {
		return nil, fmt.Errorf("read the tables of database %s: %w", database, err)
	}
	for _, t := range schema {
		if t.Database == database {
			p.Tables[t.Table] = t
		}
	}
	if err := p.readCountries(ctx, db); err != nil {
		return nil, fmt.Errorf("read %s.countries: %w", database, err)
	}
	if o.Cluster != "" {
		return p, p.keepOnAllHosts(ctx, db, o)
	}
	return p, nil
}

func (p *Present) readCountries(ctx context.Context, db chschema.DB) error {
	t := p.Tables["countries"]
	if t == nil || t.Types()["code"] == "" || t.Types()["name"] == "" {
		return nil
	}
	var codes []string
	for _, c := range country.All() {
		codes = append(codes, c.Code)
	}
	var n uint64
	err := db.Row(ctx, "SELECT uniqExact(code) FROM "+t.SQL()+" WHERE code IN {codes:Array(String)}", map[string]any{"codes": codes}, &n)
	p.Countries = n == uint64(len(codes))
	return err
}

// has reports that what the statement creates is there.
func (p *Present) has(s Statement, database string) bool {
	switch s.Kind {
	case "database":
		return p.Database
	case "rows":
		return p.Countries
	default:
		return p.Tables[s.Name(database)] != nil
	}
}

// shardsOf is how many shards a cluster has, which must be known to the server; one
// where no cluster is named.
func shardsOf(ctx context.Context, conn *chconn.Conn, cluster string) (shards uint64, err error) {
	if cluster == "" {
		return 1, nil
	}
	var known []string
	err = chschema.DB{Conn: conn}.Row(ctx, `SELECT uniqExactIf(shard_num, cluster = {cluster:String}), arraySort(groupUniqArray(cluster)) FROM system.clusters`,
		map[string]any{"cluster": cluster}, &shards, &known)
	switch {
	case err != nil:
		return 0, fmt.Errorf("look for cluster %s: %w", cluster, err)
	case shards == 0:
		return 0, fmt.Errorf("look for cluster %s: the server knows no such cluster, only %q; name one of them", cluster, known)
	}
	return shards, nil
}
