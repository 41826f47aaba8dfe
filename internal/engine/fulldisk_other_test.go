//go:build !linux

package engine

// Mount namespaces, in which a test may make a small disk, are Linux's.
const fullDiskEnv = "ENGINE_TEST_FULL_DISK"

func fullDiskMain(string) int { return 1 }
