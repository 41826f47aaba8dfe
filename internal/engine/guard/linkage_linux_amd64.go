package guard

import "debug/elf"

// Kinds of relocations that hold a function's address.
const (
	jumpSlot   = uint32(elf.R_X86_64_JMP_SLOT)
	globalData = uint32(elf.R_X86_64_GLOB_DAT)
)
