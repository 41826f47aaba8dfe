package gqlhttp

// weigh counts the values of a JSON text and how deep they are nested, without
// decoding it: decoded, a value of two bytes takes some forty. A text that is not
// JSON is given a number too, which is of no use and does no harm.
func weigh(text []byte) (values, depth int) {
	nested, quoted := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			values++
			nested++
			depth = max(depth, nested)
		case c == '}' || c == ']':
			nested--
		case c == ',':
			values++
		}
	}
	return values, depth
}
