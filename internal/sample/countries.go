package sample

// countryColumns is the number of columns of the alias tables over countries.
const countryColumns = 128

// country is one origin of downloads with its weight in each circle.
type country struct {
	code    string // ISO 3166-1 alpha-2; "" where it is not known
	weights [circles]float64
}

// knownCountries are the origins of downloads. Continuous integration runs in
// few data centres, most of them American; people are everywhere.
func knownCountries() []country {
	c := func(code string, ci, server, desktop, unreported float64) country {
		return country{code, [circles]float64{ci, server, desktop, unreported}}
	}
	return []country{
		c("US", 720, 480, 210, 380), c("DE", 38, 55, 55, 75), c("IN", 14, 42, 110, 30), c("CN", 8, 45, 75, 95), c("FR", 16, 36, 38, 45),
		c("GB", 20, 38, 52, 30), c("JP", 22, 44, 40, 45), c("CA", 18, 26, 32, 22), c("NL", 36, 30, 20, 35), c("SG", 12, 32, 16, 35),
		c("IE", 40, 42, 5, 10), c("BR", 8, 20, 46, 12), c("RU", 5, 26, 36, 40), c("KR", 6, 26, 30, 22), c("AU", 9, 18, 24, 12),
		c("PL", 3, 9, 17, 9), c("ES", 3, 11, 22, 8), c("IT", 3, 11, 21, 8), c("SE", 7, 9, 10, 8), c("CH", 3, 7, 10, 8),
		c("HK", 3, 12, 9, 22), c("TW", 2, 9, 14, 7), c("IL", 2, 7, 10, 5), c("FI", 5, 6, 5, 9), c("BE", 4, 5, 7, 4),
		c("AT", 1, 4, 6, 4), c("DK", 1, 4, 7, 4), c("NO", 1, 4, 6, 3), c("CZ", 1, 4, 7, 5), c("PT", 1, 3, 7, 3),
		c("TR", 1, 5, 13, 4), c("ID", 1, 6, 14, 4), c("VN", 1, 5, 13, 4), c("MX", 1, 4, 14, 3), c("AR", 1, 3, 10, 3),
		c("CO", 1, 3, 9, 2), c("CL", 1, 3, 6, 2), c("ZA", 2, 4, 7, 2), c("UA", 1, 3, 8, 4), c("RO", 1, 3, 7, 4),
		c("HU", .4, 2, 5, 3), c("GR", .3, 1.6, 5, 2), c("BG", .4, 1.6, 4, 3), c("LT", .5, 1.4, 2, 2), c("EE", .4, 1, 1.6, 1),
		c("LU", .4, 1, .8, 1), c("NZ", .6, 2, 4, 1), c("TH", .4, 2.4, 8, 2), c("MY", .4, 2.4, 8, 2), c("PH", .3, 2, 9, 1.5),
		c("PK", .3, 1.6, 10, 1.5), c("BD", .2, 1, 6, 1), c("EG", .2, 1, 5, 1), c("NG", .2, .8, 6, .8), c("KE", .1, .5, 3, .5),
		c("IR", .2, 2, 8, 2), c("SA", .3, 1.2, 3, .8), c("AE", .6, 2.4, 4, 1.4), c("KZ", .1, .8, 3, .8), c("BY", .1, .8, 2, .8),
		c("RS", .2, .9, 2.4, .8), c("HR", .1, .7, 2, .5), c("SI", .1, .6, 1.4, .5), c("SK", .2, .8, 2, .8), c("LV", .2, .6, 1, .6),
		c("IS", .1, .3, .6, .2), c("PE", .1, .7, 4, .5), c("EC", .1, .4, 2.4, .3), c("UY", .1, .4, 1.4, .2), c("MA", .1, .5, 2.6, .4),
		c("TN", .1, .3, 2, .3), c("LK", .1, .5, 2.6, .3), c("NP", .05, .3, 2, .2), c("GE", .05, .4, 1.4, .4), c("AM", .05, .3, 1, .3),
		c("CR", .1, .3, 1.2, .2), c("DO", .05, .2, 1, .1), c("CY", .1, .4, .8, .3), c("MT", .05, .2, .4, .1), c("MD", .05, .4, .8, .4),
		c("", 4, 6, 4, 14),
	}
}
