package pypi

import "strings"

// NamesPerson reports that one of the texts, each a list of people separated by
// commas, names the person: by name or address, whole, whatever the case. An
// entry may be both, as in "Jane Doe <jane@example.org>" (core metadata,
// Author-email).
func NamesPerson(person string, texts ...string) bool {
	person = strings.TrimSpace(person)
	if person == "" {
		return false
	}
	for _, text := range texts {
		if strings.EqualFold(strings.TrimSpace(text), person) {
			return true
		}
		for _, entry := range strings.Split(text, ",") {
			name, address, _ := strings.Cut(entry, "<")
			address, _, _ = strings.Cut(address, ">")
			for _, part := range []string{entry, strings.Trim(strings.TrimSpace(name), `"`), address} {
				if strings.EqualFold(strings.TrimSpace(part), person) {
					return true
				}
			}
		}
	}
	return false
}
