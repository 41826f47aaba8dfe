#include "textflag.h"

// Where C finds the functions; a reference to them in Go would be to wrappers.
DATA ·guarded+0(SB)/8, $·guardedWrite(SB)
DATA ·guarded+8(SB)/8, $·guardedRead(SB)
DATA ·guarded+16(SB)/8, $·guardedPread(SB)
DATA ·guarded+24(SB)/8, $·guardedSyscall(SB)
GLOBL ·guarded(SB), NOPTR|RODATA, $32

// These are called by C, on threads that need not be Go's, in signal handlers too:
// nothing of Go's runtime is used, and what C keeps in registers is left alone.

// ssize_t write(int fd, const void *bytes, size_t n)
TEXT ·guardedWrite(SB), NOSPLIT|NOFRAME, $0-0
	MOVQ ·libc+0(SB), AX
	MOVL DI, R10
	JMP  ·guardedCall(SB)

// ssize_t read(int fd, void *bytes, size_t n)
TEXT ·guardedRead(SB), NOSPLIT|NOFRAME, $0-0
	MOVQ ·libc+8(SB), AX
	MOVL DI, R10
	JMP  ·guardedCall(SB)

// ssize_t pread(int fd, void *bytes, size_t n, off_t at)
TEXT ·guardedPread(SB), NOSPLIT|NOFRAME, $0-0
	MOVQ ·libc+16(SB), AX
	MOVL DI, R10
	JMP  ·guardedCall(SB)

// long syscall(long number, ...), of which preadv2(int fd, ...) is guarded
TEXT ·guardedSyscall(SB), NOSPLIT|NOFRAME, $0-0
	MOVQ ·libc+24(SB), AX
	MOVL SI, R10
	CMPQ DI, $327
	JEQ  preadv2
	JMP  AX

preadv2:
	JMP ·guardedCall(SB)

// guardedCall calls AX, with its arguments in their registers and at most one on
// the stack, and if that fails asks Go, by the pipe, about the descriptor in R10.
// Frame: 0 the argument on the stack, and then a failure, 16 bytes; 16 a struct
// timespec; 32 the descriptor.
TEXT ·guardedCall(SB), NOSPLIT|NOFRAME, $0-0
	SUBQ $40, SP
	MOVL R10, 32(SP)
	MOVQ 48(SP), R11
	MOVQ R11, 0(SP)
	CALL AX
	CMPQ AX, $-1
	JNE  done

	MOVQ ·libcErrno(SB), AX
	CALL AX
	MOVL (AX), R8
	CMPL R8, $4 // EINTR
	JEQ  failed
	CMPL R8, $11 // EAGAIN
	JEQ  failed
	MOVL 32(SP), AX
	MOVL AX, 0(SP)
	MOVL R8, 4(SP)
	MOVQ $0, 8(SP)
	MOVQ $0, 16(SP)
	MOVQ $1000000, 24(SP)
	MOVQ SP, 32(SP)
	MOVL ·failures(SB), DI
	LEAQ 32(SP), SI
	MOVL $8, DX
	MOVL $1, AX // write
	SYSCALL

wait:
	MOVQ 8(SP), AX
	TESTQ AX, AX
	JNE  failed
	LEAQ 16(SP), DI
	XORL SI, SI
	MOVL $35, AX // nanosleep, a millisecond
	SYSCALL
	JMP  wait

failed:
	MOVQ $-1, AX

done:
	ADDQ $40, SP
	RET
