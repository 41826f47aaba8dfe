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

// char *getcwd(char *bytes, size_t n), which is refused to threads that may not
// reach files. Frame: 0 the frame record; 16 the arguments; 32 R27.
TEXT ·guardedGetcwd(SB), NOSPLIT|NOFRAME, $0-0
	MOVD R27, R17
	MOVW ·confined(SB), R9
	MOVD R17, R27
	CBZW R9, free
	SUB  $48, RSP, RSP
	STP  (R29, R30), 0(RSP)
	STP  (R0, R1), 16(RSP)
	MOVD R27, 32(RSP)
	MOVD RSP, R29
	MOVD $178, R8 // gettid
	SVC
	MOVW R0, R10
	MOVW ZR, R11
	CALL ·ask(SB)
	CMP  $1, R0
	BNE  refused
	LDP  16(RSP), (R0, R1)
	MOVD 32(RSP), R27
	LDP  0(RSP), (R29, R30)
	ADD  $48, RSP, RSP

free:
	LIBC(32)
	JMP (R9)

refused:
	MOVD ·libcErrno(SB), R9
	CALL (R9)
	MOVW $13, R10 // EACCES
	MOVW R10, (R0)
	MOVD ZR, R0
	MOVD 32(RSP), R27
	LDP  0(RSP), (R29, R30)
	ADD  $48, RSP, RSP
	RET

// guardedCall calls R9, with its arguments in their registers, and if that fails
// asks Go about the descriptor in R10. Frame: 0 the frame record; 16 R27 and the
// descriptor.
TEXT ·guardedCall(SB), NOSPLIT|NOFRAME, $0-0
	SUB  $32, RSP, RSP
	STP  (R29, R30), 0(RSP)
	STP  (R27, R10), 16(RSP)
	MOVD RSP, R29
	CALL (R9)
	CMN  $1, R0
	BNE  done

	MOVD  ·libcErrno(SB), R9
	CALL  (R9)
	MOVWU (R0), R11
	CMPW  $4, R11 // EINTR
	BEQ   failed
	CMPW  $11, R11 // EAGAIN
	BEQ   failed
	MOVD  24(RSP), R10
	CALL  ·ask(SB)

failed:
	MOVD $-1, R0

done:
	LDP 16(RSP), (R27, R1)
	LDP 0(RSP), (R29, R30)
	ADD $32, RSP, RSP
	RET

// ask asks Go, by the pipe, about R10 and the errno in R11, and waits for the
// answer, which it leaves in R0; R27 is the caller's to keep. Frame: 0 a question, 16
// bytes; 16 a struct timespec; 32 where the question is.
TEXT ·ask(SB), NOSPLIT|NOFRAME, $0-0
	SUB  $48, RSP, RSP
	MOVW R10, 0(RSP)
	MOVW R11, 4(RSP)
	MOVD ZR, 8(RSP)
	MOVD ZR, 16(RSP)
	MOVD $1000000, R11
	MOVD R11, 24(RSP)
	MOVD RSP, R11
	MOVD R11, 32(RSP)
	MOVW ·questions(SB), R0
	ADD  $32, RSP, R1
	MOVD $8, R2
	MOVD $64, R8 // write
	SVC

wait:
	MOVD 8(RSP), R0
	CBNZ R0, told
	ADD  $16, RSP, R0
	MOVD ZR, R1
	MOVD $101, R8 // nanosleep, a millisecond
	SVC
	B    wait

told:
	ADD $48, RSP, RSP
	RET
