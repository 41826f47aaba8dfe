package sample

import "math"

// clockSlots is the number of slices of a day with equal downloads.
const clockSlots = 256

// clockBounds are the seconds of the day that bound those slices: the day's
// rhythm has its low before Europe wakes up and its high in America's morning,
// and a peak at the hours at which jobs are scheduled.
func clockBounds() []int64 {
	const step = 300
	total := 0.0
	at := func(i int) float64 {
		hour := float64(i) * step / 3600
		w := 1 + 0.30*math.Cos((hour-15.5)*math.Pi/12) + 0.07*math.Cos((hour-9)*math.Pi/6)
		if i%12 == 0 {
			w *= 1.25
		}
		return w
	}
	for i := range secondsPerDay / step {
		total += at(i)
	}
	bounds := []int64{0}
	done := 0.0
	for i := range secondsPerDay / step {
		w := at(i)
		for len(bounds) < clockSlots && done+w >= total*float64(len(bounds))/clockSlots {
			part := (total*float64(len(bounds))/clockSlots - done) / w
			bounds = append(bounds, int64(float64(i*step)+part*step))
		}
		done += w
	}
	return append(bounds, secondsPerDay)
}
