package oracle

// Response is an answer of the gateway to an operation that asked for explain.
type Response struct {
	Data   map[string]any
	Errors []struct {
		Message    string
		Path       []any
		Extensions struct{ Code string }
	}
	Extensions struct {
		Hints []struct {
			Path    []string
			Message string
		}
		Explain struct {
			Queries []struct{ Table, SQL, Source string }
		}
	}
}
