#include "textflag.h"

// The address of guardedWrite for callers in C; Go's own reference to it would
// be that of a wrapper.
DATA ·guardedWriteAt(SB)/8, $·guardedWrite(SB)
GLOBL ·guardedWriteAt(SB), NOPTR|RODATA, $8

// ssize_t write(int fd, const void *bytes, size_t n), called by C on threads that
// need not be Go's, in signal handlers too: nothing of Go's runtime is used.
TEXT ·guardedWrite(SB), NOSPLIT|NOFRAME, $0-0
	PUSHQ DI // and the stack is aligned as C wants it
	MOVQ  ·libcWrite(SB), AX
	CALL  AX
	POPQ  DI
	CMPQ  AX, $-1
	JEQ   failed
	RET

failed:
	PUSHQ DI
	MOVQ  ·libcErrno(SB), AX
	CALL  AX
	POPQ  DI
	MOVL  (AX), R8
	MOVQ  $-1, AX
	CMPL  DI, $2 // standard error is the log
	JLE   done
	CMPL  R8, $4 // EINTR
	JEQ   done
	CMPL  R8, $11 // EAGAIN
	JEQ   done

	SUBQ  $144, SP // a struct stat
	MOVQ  SP, SI
	MOVL  $5, AX   // fstat
	SYSCALL
	TESTQ AX, AX
	JNE   other
	MOVL  24(SP), AX
	ANDL  $0xf000, AX
	CMPL  AX, $0x8000 // S_IFREG
	JNE   other

	MOVL  DI, 0(SP)
	MOVL  R8, 4(SP)
	MOVL  ·lostWrites(SB), DI
	MOVQ  SP, SI
	MOVL  $8, DX
	MOVL  $1, AX // write
	SYSCALL

forever:
	MOVL  $34, AX // pause
	SYSCALL
	JMP   forever

other:
	ADDQ  $144, SP
	MOVQ  $-1, AX

done:
	RET
