/* The smallest PVH guest: it sleeps. For tests with many guests, and for a guest that ignores every request, as it has no
   drivers at all. Interrupts stay enabled: with them off, hlt on the last vCPU would be a shutdown. */
        .code32
        .globl _start
_start: sti
        hlt
        jmp _start

/* Xen's note of type 18 (PHYS32_ENTRY) says where a PVH guest is entered. */
        .section .note.Xen, "a", @note
        .balign 4
        .long 4, 4, 18
        .asciz "Xen"
        .long _start

        .section .note.GNU-stack, "", @progbits
