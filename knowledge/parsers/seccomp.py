"""A list of the system calls that reading a document needs; the kernel refuses every other one.

The list is a program for the kernel's filter (linux/seccomp.h, linux/filter.h): for each call in turn it says whether it
may be made. What is not named here - sockets, running programs, changing files, signals to others - fails with EPERM, and
a call that is newer than this list with ENOSYS, which libraries take for an older kernel.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
import sys

# Audit architecture, then the numbers of the calls: linux/audit.h, asm/unistd_64.h, asm-generic/unistd.h.
ARCHITECTURES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}
NEWEST = 462  # mseal, of 2024

ALWAYS: dict[str, tuple[int | None, int | None]] = {
    # what is open: read, write, wait
    "read": (0, 63), "write": (1, 64), "readv": (19, 65), "writev": (20, 66), "pread64": (17, 67), "preadv": (295, 69),
    "close": (3, 57), "lseek": (8, 62), "dup": (32, 23), "dup2": (33, None), "dup3": (292, 24), "pipe2": (293, 59),
    "poll": (7, None), "ppoll": (271, 73), "select": (23, None), "pselect6": (270, 72), "epoll_create": (213, None),
    "epoll_create1": (291, 20), "epoll_ctl": (233, 21), "epoll_wait": (232, None), "epoll_pwait": (281, 22),
    "epoll_pwait2": (441, 441), "eventfd2": (290, 19), "recvmsg": (47, 212), "recvfrom": (45, 207),
    "getsockopt": (55, 209), "getsockname": (51, 204),
    # what files there are, as far as Landlock shows them
    "fstat": (5, 80), "stat": (4, None), "lstat": (6, None), "newfstatat": (262, 79), "statx": (332, 291),
    "statfs": (137, 43), "fstatfs": (138, 44), "access": (21, None), "faccessat": (269, 48), "faccessat2": (439, 439),
    "readlink": (89, None), "readlinkat": (267, 78), "getcwd": (79, 17), "getdents": (78, None),
    "getdents64": (217, 61), "fadvise64": (221, 223),
    # memory
    "brk": (12, 214), "mmap": (9, 222), "munmap": (11, 215), "mremap": (25, 216), "mprotect": (10, 226),
    "madvise": (28, 233), "mincore": (27, 232), "membarrier": (324, 283),
    # threads, and signals to itself
    "futex": (202, 98), "futex_waitv": (449, 449), "futex_wake": (454, 454), "futex_wait": (455, 455),
    "futex_requeue": (456, 456), "set_robust_list": (273, 99), "get_robust_list": (274, 100),
    "set_tid_address": (218, 96), "rseq": (334, 293), "sched_yield": (24, 124), "sched_getaffinity": (204, 123),
    "sched_getparam": (143, 121), "sched_getscheduler": (145, 120), "sched_get_priority_max": (146, 125),
    "sched_get_priority_min": (147, 126), "getcpu": (309, 168), "gettid": (186, 178), "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135), "rt_sigreturn": (15, 139), "rt_sigpending": (127, 136), "rt_sigtimedwait": (128, 137),
    "rt_sigsuspend": (130, 133), "sigaltstack": (131, 132), "restart_syscall": (219, 128), "pause": (34, None),
    # itself, and the time
    "getpid": (39, 172), "getppid": (110, 173), "getpgrp": (111, None), "getpgid": (121, 155), "getuid": (102, 174),
    "geteuid": (107, 175), "getgid": (104, 176), "getegid": (108, 177), "getresuid": (118, 148),
    "getresgid": (120, 150), "getgroups": (115, 158), "getpriority": (140, 141), "getrlimit": (97, 163),
    "setrlimit": (160, 164), "getrusage": (98, 165), "times": (100, 153), "time": (201, None),
    "gettimeofday": (96, 169), "clock_gettime": (228, 113), "clock_getres": (229, 114), "clock_nanosleep": (230, 115),
    "nanosleep": (35, 101), "getitimer": (36, 102), "setitimer": (38, 103), "alarm": (37, None), "uname": (63, 160),
    "sysinfo": (99, 179), "getrandom": (318, 278), "arch_prctl": (158, None), "prctl": (157, 167),
    "umask": (95, 166), "capget": (125, 90), "exit": (60, 93), "exit_group": (231, 94),
}  # fmt: skip
ABSENT = {
    "clone3": (435, 435),
    "openat2": (437, 437),
}  # their arguments cannot be looked at; libraries use the older ones
OPEN, OPENAT, CLONE = (2, None), (257, 56), (56, 220)
SOCKETPAIR = (53, 199)
KILL, TGKILL, PRLIMIT = (62, 129), (234, 131), (302, 261)
FCNTL, IOCTL = (72, 25), (16, 29)

# O_WRONLY, O_RDWR, O_CREAT, O_TRUNC and the bit of O_TMPFILE, the same on both architectures
WRITES = 0o1 | 0o2 | 0o100 | 0o1000 | 0o20000000
CLONE_THREAD = 0x00010000
AF_UNIX = 1  # a pair that only this process has; its ends can neither be connected nor sent elsewhere
SIGNALS_BY_DESCRIPTOR = (8, 10, 15)  # F_SETOWN, F_SETSIG, F_SETOWN_EX
HARMLESS_REQUESTS = (
    0x5401,
    0x5413,
    0x541B,
    0x5421,
    0x5450,
    0x5451,
)  # TCGETS, window size, FIONREAD, FIONBIO, close-on-exec

_LOAD, _EQUAL, _ANY_BIT, _ABOVE, _RETURN = 0x20, 0x15, 0x45, 0x25, 0x06  # BPF_LD|W|ABS, BPF_JMP|JEQ|K and so on
_ALLOW, _REFUSE, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
_NUMBER_AT, _ARCHITECTURE_AT, _ARGUMENTS_AT = 0, 4, 16
_SET_SECCOMP, _FILTER_MODE = 22, 2

Instruction = tuple[int, int, int, int]  # code, instructions to skip if true, if false, constant


def is_supported() -> bool:
    """There is a list for this machine's kind of processor."""
    return sys.platform == "linux" and platform.machine() in ARCHITECTURES


def restrict() -> None:
    """From here on, and for good, every call that is not listed is refused. Raises `OSError`. Needs no_new_privs; call
    it while there is one thread, since others would stay free."""
    if not is_supported():
        raise OSError(f"there is no list of calls for {sys.platform} on {platform.machine()}")
    code = b"".join(struct.pack("=HBBI", *each) for each in program(platform.machine(), os.getpid()))
    buffer = ctypes.create_string_buffer(code, len(code))

    class Program(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("code", ctypes.c_void_p))

    filter_ = Program(len(code) // 8, ctypes.addressof(buffer))
    if ctypes.CDLL(None, use_errno=True).prctl(_SET_SECCOMP, _FILTER_MODE, ctypes.byref(filter_), 0, 0):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def program(machine: str, pid: int) -> list[Instruction]:
    """The filter for a process with this id."""
    architecture, column = ARCHITECTURES[machine]
    steps: list[Instruction] = [
        (_LOAD, 0, 0, _ARCHITECTURE_AT),
        (_EQUAL, 1, 0, architecture),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER_AT),
    ]

    def when(call: tuple[int | None, int | None], *then: Instruction) -> None:
        if (number := call[column]) is not None:
            steps.extend([(_EQUAL, 0, len(then), number), *then])

    allow, refuse = (_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _REFUSE | errno.EPERM)
    absent, no_terminal = (_RETURN, 0, 0, _REFUSE | errno.ENOSYS), (_RETURN, 0, 0, _REFUSE | errno.ENOTTY)
    for call in ALWAYS.values():
        when(call, allow)
    when(OPEN, _argument(1), (_ANY_BIT, 0, 1, WRITES), refuse, allow)
    when(OPENAT, _argument(2), (_ANY_BIT, 0, 1, WRITES), refuse, allow)
    when(CLONE, _argument(0), (_ANY_BIT, 0, 1, CLONE_THREAD), allow, refuse)
    when(SOCKETPAIR, _argument(0), (_EQUAL, 0, 1, AF_UNIX), allow, refuse)
    when(KILL, _argument(0), (_EQUAL, 0, 1, pid), allow, refuse)
    when(TGKILL, _argument(0), (_EQUAL, 0, 1, pid), allow, refuse)
    when(PRLIMIT, _argument(0), (_EQUAL, 1, 0, 0), (_EQUAL, 0, 1, pid), allow, refuse)
    when(FCNTL, _argument(1), *_among(SIGNALS_BY_DESCRIPTOR, refuse), allow)
    when(IOCTL, _argument(1), *_among(HARMLESS_REQUESTS, allow), no_terminal)
    for call in ABSENT.values():
        when(call, absent)
    return [*steps, (_ABOVE, 0, 1, NEWEST), absent, refuse]


def _argument(number: int) -> Instruction:
    """Its lower half, which holds flags, ids and commands on both architectures."""
    return (_LOAD, 0, 0, _ARGUMENTS_AT + 8 * number)


def _among(values: tuple[int, ...], then: Instruction) -> list[Instruction]:
    return [step for value in values for step in ((_EQUAL, 0, 1, value), then)]
