package chschema

// innerNames are the names that a materialized view's own table may have: by the
// view's UUID, or in databases without UUIDs by its name.
func innerNames(view *Table) []Name {
	return []Name{{view.Database, ".inner_id." + view.UUID}, {view.Database, ".inner." + view.Table}}
}

// Target is the table that a materialized view writes into, and whether it is the
// view's own inner table.
func (s Schema) Target(view *Table) (target Name, inner bool) {
	if named, ok := NamedTarget(view.Definition, view.Database); ok {
		return named, false
	}
	if at, err := s.Stored(view); err == nil {
		return at.Name, true
	}
	return innerNames(view)[0], true
}

// NamedTarget is the table behind TO in the statement that creates a materialized
// view; ok is false where the view has a table of its own. A name without a
// database is in that of the view. The columns of system.tables that say the
// same are missing from older servers.
func NamedTarget(create, database string) (target Name, ok bool) {
	ts := afterName(Tokens(create))
	for i, t := range ts {
		if t.IsSign("(") || t.Is("AS") || t.Is("ENGINE") {
			break
		}
		if !t.Is("TO") || i > 0 && (ts[i-1].IsSign(".") || ts[i-1].IsSign("=")) {
			continue // of that name are a table behind DEPENDS ON, and a definer
		}
		rest := ts[i+1:]
		if len(rest) > 1 && rest[0].Is("INNER") && rest[1].Is("UUID") {
			break
		}
		target, n := name(rest, database)
		return target, n > 0
	}
	return Name{}, false
}

// afterName is what stands behind the view's name in its header.
func afterName(ts []Token) []Token {
	for i, t := range ts {
		if !t.Is("VIEW") {
			continue
		}
		ts = ts[i+1:]
		if len(ts) > 3 && ts[0].Is("IF") && ts[1].Is("NOT") && ts[2].Is("EXISTS") {
			ts = ts[3:]
		}
		_, n := name(ts, "")
		return ts[n:]
	}
	return nil
}

// name reads a table's name at the start of ts and how many tokens it takes; 0
// where there is none.
func name(ts []Token, database string) (Name, int) {
	switch {
	case len(ts) == 0 || !ts[0].Names():
		return Name{}, 0
	case len(ts) > 2 && ts[1].IsSign(".") && ts[2].Names():
		return Name{ts[0].Text, ts[2].Text}, 3
	}
	return Name{database, ts[0].Text}, 1
}
