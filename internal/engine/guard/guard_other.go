//go:build !linux || !(amd64 || arm64)

package guard

// Watch does nothing here.
func Watch(Library, string, func(error)) error { return nil }

// Confine does nothing here.
func Confine(func(thread int) bool) {}
