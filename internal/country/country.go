// Package country names countries by their ISO 3166-1 alpha-2 codes, in
// English as the Unicode CLDR writes them.
package country

import (
	"sync"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

// Country is one country or territory.
type Country struct {
	Code string // ISO 3166-1 alpha-2, upper case
	Name string // English
}

// names holds every name by code. Looking a name up in CLDR's tables takes
// microseconds, and a map of the world asks for all.
var names = sync.OnceValue(func() map[string]string {
	byCode := map[string]string{}
	for _, c := range All() {
		byCode[c.Code] = c.Name
	}
	return byCode
})

// Name is the English name of the country with the code; empty where there is
// none. Codes are upper case.
func Name(code string) string { return names()[code] }

// All lists every country by code: the 249 of ISO 3166-1 and Kosovo, whose
// user-assigned code XK is what every database of addresses uses.
func All() []Country {
	var all []Country
	for _, r := range language.Supported.Regions() {
		if name := nameOf(r); name != "" {
			all = append(all, Country{Code: r.String(), Name: name})
		}
	}
	return all
}

// nameOf is the region's name, empty where it is not a present country. CLDR
// knows more regions than there are countries: groups of them; withdrawn codes,
// which either stand for their successor or have no name (Czechoslovakia's); and
// exceptional reservations (the Canary Islands, the Eurozone), which alone have
// no number in the UN's M49.
func nameOf(r language.Region) string {
	if len(r.String()) != 2 || !r.IsCountry() || r.Canonicalize() != r || r.M49() == 0 {
		return ""
	}
	return display.English.Regions().Name(r)
}
