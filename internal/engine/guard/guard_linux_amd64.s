#include "textflag.h"

// These are called by C, on threads that need not be Go's, in signal handlers too:
// nothing of Go's runtime is used, and what C keeps in registers is left alone.

// GUARDED is the body of one that stands before a function of libc.
#define GUARDED(function, fd) \
	MOVQ ·libc+function(SB), AX; \
	MOVL fd, R10; \
	JMP  ·guardedCall(SB)

// ssize_t write(int fd, const void *bytes, size_t n)
TEXT ·guardedWrite(SB), NOSPLIT|NOFRAME, $0-0
	GUARDED(0, DI)

// ssize_t read(int fd, void *bytes, size_t n)
TEXT ·guardedRead(SB), NOSPLIT|NOFRAME, $0-0
	GUARDED(8, DI)

// ssize_t pread(int fd, void *bytes, size_t n, off_t at)
TEXT ·guardedPread(SB), NOSPLIT|NOFRAME, $0-0
	GUARDED(16, DI)

// long syscall(long number, ...), of which preadv2(int fd, ...) is guarded
TEXT ·guardedSyscall(SB), NOSPLIT|NOFRAME, $0-0
	CMPQ DI, $327
	JNE  other
	GUARDED(24, SI)

other:
	MOVQ ·libc+24(SB), AX
	JMP  AX

// char *getcwd(char *bytes, size_t n), which is refused to threads that may not
// reach files. Frame: 0 and 8 the arguments.
TEXT ·guardedGetcwd(SB), NOSPLIT|NOFRAME, $0-0
	CMPL ·confined(SB), $0
	JEQ  free
	SUBQ $24, SP
	MOVQ DI, 0(SP)
	MOVQ SI, 8(SP)
	MOVL $186, AX // gettid
	SYSCALL
	MOVL AX, R10
	XORL R8, R8
	CALL ·ask(SB)
	CMPQ AX, $1
	JNE  refused
	MOVQ 0(SP), DI
	MOVQ 8(SP), SI
	ADDQ $24, SP

free:
	MOVQ ·libc+32(SB), AX
	JMP  AX

refused:
	MOVQ ·libcErrno(SB), AX
	CALL AX
	MOVL $13, (AX) // EACCES
	XORL AX, AX
	ADDQ $24, SP
	RET

// guardedCall calls AX, with its arguments in their registers and at most one on
// the stack, and if that fails asks Go about the descriptor in R10. Frame: 0 the
// argument on the stack; 8 the descriptor.
TEXT ·guardedCall(SB), NOSPLIT|NOFRAME, $0-0
	SUBQ $24, SP
	MOVL R10, 8(SP)
	MOVQ 32(SP), R11
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
	MOVL 8(SP), R10
	CALL ·ask(SB)

failed:
	MOVQ $-1, AX

done:
	ADDQ $24, SP
	RET

// ask asks Go, by the pipe, about R10 and the errno in R8, and waits for the
// answer, which it leaves in AX. Frame: 0 a question, 16 bytes; 16 a struct
// timespec; 32 where the question is.
TEXT ·ask(SB), NOSPLIT|NOFRAME, $0-0
	SUBQ $40, SP
	MOVL R10, 0(SP)
	MOVL R8, 4(SP)
	MOVQ $0, 8(SP)
	MOVQ $0, 16(SP)
	MOVQ $1000000, 24(SP)
	MOVQ SP, 32(SP)
	MOVL ·questions(SB), DI
	LEAQ 32(SP), SI
	MOVL $8, DX
	MOVL $1, AX // write
	SYSCALL

wait:
	MOVQ 8(SP), AX
	TESTQ AX, AX
	JNE  told
	LEAQ 16(SP), DI
	XORL SI, SI
	MOVL $35, AX // nanosleep, a millisecond
	SYSCALL
	JMP  wait

told:
	ADDQ $40, SP
	RET
