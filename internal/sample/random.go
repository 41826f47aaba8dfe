package sample

import "math"

// mix64 is the finaliser of SplitMix64 (Steele, Lea, Flood: Fast Splittable
// Pseudorandom Number Generators, 2014).
func mix64(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// hash folds keys into 64 random bits.
func hash(keys ...uint64) uint64 {
	h := uint64(0x243f6a8885a308d3)
	for _, k := range keys {
		h = mix64(h ^ k)
	}
	return h
}

// hashString is FNV-1a, mixed.
func hashString(s string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return mix64(h)
}

// unit is a number in [0, 1) determined by the keys.
func unit(keys ...uint64) float64 { return float64(hash(keys...)>>11) / (1 << 53) }

// bell is a number determined by the keys, about normal with mean 0 and
// deviation 1 (the sum of four uniform ones).
func bell(keys ...uint64) float64 {
	h := hash(keys...)
	sum := 0.0
	for range 4 {
		sum += float64(h&0xffff) / 65536
		h >>= 16
	}
	return (sum - 2) * math.Sqrt(3)
}

// Purposes keep draws apart that share their other keys.
const (
	forRelease = iota + 1
	forPatch
	forPin
	forNoise
	forShift
	forGrowth
	forTail
	forSize
	forPre
	forGrace
)
