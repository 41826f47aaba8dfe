#include "textflag.h"

// These are called by C, on threads that need not be Go's, in signal handlers too:
// nothing of Go's runtime is used, and what C keeps in registers is left alone,
// R27 among them, which the assembler takes for addresses: R16 and R17 are free
// between a call and the function called.

// LIBC loads the address of a function of libc.
#define LIBC(function) \
	MOVD R27, R17; \
	MOVD ·libc+function(SB), R9; \
	MOVD R17, R27

// GUARDED is the body of one that stands before a function of libc.
#define GUARDED(function, fd) \
	LIBC(function); \
	MOVD fd, R10; \
	JMP  ·guardedCall(SB)

// ssize_t write(int fd, const void *bytes, size_t n)
TEXT ·guardedWrite(SB), NOSPLIT|NOFRAME, $0-0
	GUARDED(0, R0)

// ssize_t read(int fd, void *bytes, size_t n)
TEXT ·guardedRead(SB), NOSPLIT|NOFRAME, $0-0
	GUARDED(8, R0)

// ssize_t pread(int fd, void *bytes, size_t n, off_t at)
TEXT ·guardedPread(SB), NOSPLIT|NOFRAME, $0-0
	GUARDED(16, R0)

// long syscall(long number, ...), of which preadv2(int fd, ...) is guarded
TEXT ·guardedSyscall(SB), NOSPLIT|NOFRAME, $0-0
	CMP $286, R0
	BNE other
	GUARDED(24, R1)

other:
	LIBC(24)
	JMP (R9)

// guardedCall calls R9, with its arguments in their registers, and if that fails
// asks Go, by the pipe, about the descriptor in R10. Frame: 0 the frame record; 16
// R27 and the descriptor; 32 a failure, 16 bytes; 48 a struct timespec; 64 where the
// failure is.
TEXT ·guardedCall(SB), NOSPLIT|NOFRAME, $0-0
	SUB  $80, RSP, RSP
	STP  (R29, R30), 0(RSP)
	STP  (R27, R10), 16(RSP)
	MOVD RSP, R29
	CALL (R9)
	CMN  $1, R0
	BNE  done

	MOVD  ·libcErrno(SB), R9
	CALL  (R9)
	MOVWU (R0), R10
	CMPW  $4, R10 // EINTR
	BEQ   failed
	CMPW  $11, R10 // EAGAIN
	BEQ   failed
	MOVD  24(RSP), R11
	MOVW  R11, 32(RSP)
	MOVW  R10, 36(RSP)
	MOVD  ZR, 40(RSP)
	MOVD  ZR, 48(RSP)
	MOVD  $1000000, R11
	MOVD  R11, 56(RSP)
	ADD   $32, RSP, R11
	MOVD  R11, 64(RSP)
	MOVW  ·failures(SB), R0
	ADD   $64, RSP, R1
	MOVD  $8, R2
	MOVD  $64, R8 // write
	SVC

wait:
	MOVD 40(RSP), R0
	CBNZ R0, failed
	ADD  $48, RSP, R0
	MOVD ZR, R1
	MOVD $101, R8 // nanosleep, a millisecond
	SVC
	B    wait

failed:
	MOVD $-1, R0

done:
	LDP 16(RSP), (R27, R1)
	LDP 0(RSP), (R29, R30)
	ADD $80, RSP, RSP
	RET
