#include "textflag.h"

// The address of guardedWrite for callers in C; Go's own reference to it would
// be that of a wrapper.
DATA ·guardedWriteAt(SB)/8, $·guardedWrite(SB)
GLOBL ·guardedWriteAt(SB), NOPTR|RODATA, $8

// ssize_t write(int fd, const void *bytes, size_t n), called by C on threads that
// need not be Go's, in signal handlers too: nothing of Go's runtime is used. R27,
// which the assembler takes for addresses, is the caller's.
TEXT ·guardedWrite(SB), NOSPLIT|NOFRAME, $0-0
	SUB  $32, RSP, RSP
	STP  (R29, R30), 0(RSP)
	STP  (R27, R0), 16(RSP)
	MOVD RSP, R29
	MOVD ·libcWrite(SB), R9
	CALL (R9)
	CMN  $1, R0
	BNE  done

	MOVD ·libcErrno(SB), R9
	CALL (R9)
	MOVWU (R0), R10
	MOVD $-1, R0
	MOVW 24(RSP), R11 // the descriptor
	CMPW $2, R11      // standard error is the log
	BLE  done
	CMPW $4, R10 // EINTR
	BEQ  done
	CMPW $11, R10 // EAGAIN
	BEQ  done

	SUB   $128, RSP, RSP // a struct stat
	MOVD  R11, R0
	MOVD  RSP, R1
	MOVD  $80, R8 // fstat
	SVC
	CBNZ  R0, other
	MOVWU 16(RSP), R0
	AND   $0xf000, R0, R0
	MOVD  $0x8000, R1 // S_IFREG
	CMP   R1, R0
	BNE   other

	MOVW R11, 0(RSP)
	MOVW R10, 4(RSP)
	MOVW ·lostWrites(SB), R0
	MOVD RSP, R1
	MOVD $8, R2
	MOVD $64, R8 // write
	SVC

forever:
	MOVD ZR, R0
	MOVD ZR, R1
	MOVD ZR, R2
	MOVD ZR, R3
	MOVD ZR, R4
	MOVD $73, R8 // ppoll of nothing
	SVC
	B    forever

other:
	ADD  $128, RSP, RSP
	MOVD $-1, R0

done:
	LDP 16(RSP), (R27, R1)
	LDP 0(RSP), (R29, R30)
	ADD $32, RSP, RSP
	RET
