package guard

import "debug/elf"

// Kinds of relocations that hold a function's address.
const (
	jumpSlot   = uint32(elf.R_AARCH64_JUMP_SLOT)
	globalData = uint32(elf.R_AARCH64_GLOB_DAT)
)
