//go:build linux && (amd64 || arm64)

#include "textflag.h"

// Where C finds the functions; a reference to them in Go would be to wrappers.
DATA ·guarded+0(SB)/8, $·guardedWrite(SB)
DATA ·guarded+8(SB)/8, $·guardedRead(SB)
DATA ·guarded+16(SB)/8, $·guardedPread(SB)
DATA ·guarded+24(SB)/8, $·guardedSyscall(SB)
DATA ·guarded+32(SB)/8, $·guardedGetcwd(SB)
GLOBL ·guarded(SB), NOPTR|RODATA, $40
