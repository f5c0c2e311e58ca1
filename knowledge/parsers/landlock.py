"""Landlock: the kernel's own list of what a process may open. Python has no functions for it, so ctypes makes the calls.

Interface: https://docs.kernel.org/userspace-api/landlock.html and linux/landlock.h. Call numbers are those of every
architecture.
"""

from __future__ import annotations

import ctypes
import os
import stat
import struct
import sys
from collections.abc import Iterable

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
VERSION_FLAG = 1
RULE_PATH_BENEATH = 1
READ_FILE, READ_DIR = 1 << 2, 1 << 3
# Which bits of file access a kernel knows: 13 at first, then moving between folders, truncation, control of devices.
FILE_BITS_SINCE = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
NEWEST = 6
TCP_BITS = 0b11  # bind, connect: since 4
SCOPE_BITS = 0b11  # abstract sockets, signals to processes outside: since 6


def version() -> int:
    """Of the interface; 0 where the kernel has none, has it turned off, or a container's profile refuses it."""
    if sys.platform != "linux":
        return 0
    return max(0, _call(CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(VERSION_FLAG)))


def restrict(readable: Iterable[str]) -> int:
    """From here on, and for good, this process reads `readable` (files, or folders with all they hold), and opens
    nothing else. Nothing can be written, made, run, or signalled outside of it. Returns the version of the interface.
    What it has open stays open. Raises `OSError`. Needs no_new_privs; call it while there is one thread."""
    abi_version = version()
    if not abi_version:
        raise OSError("the kernel has no Landlock, or it is turned off")
    files = (1 << FILE_BITS_SINCE[min(abi_version, 5)]) - 1
    parts = [files, TCP_BITS if abi_version >= 4 else None, SCOPE_BITS if abi_version >= NEWEST else None]
    attributes = b"".join(struct.pack("=Q", part) for part in parts if part is not None)
    rules = _checked(CREATE_RULESET, attributes, ctypes.c_size_t(len(attributes)), ctypes.c_uint32(0))
    try:
        for path in readable:
            _allow(rules, path)
        _checked(RESTRICT_SELF, ctypes.c_int(rules), ctypes.c_uint32(0))
    finally:
        os.close(rules)
    return abi_version


def _allow(rules: int, path: str) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return  # this system has no such place
    try:
        access = READ_FILE | (READ_DIR if stat.S_ISDIR(os.fstat(place).st_mode) else 0)
        rule = struct.pack("=Qi", access, place)
        _checked(ADD_RULE, ctypes.c_int(rules), ctypes.c_int(RULE_PATH_BENEATH), rule, ctypes.c_uint32(0))
    finally:
        os.close(place)


def _call(number: int, *arguments: object) -> int:
    return ctypes.CDLL(None, use_errno=True).syscall(ctypes.c_long(number), *arguments)


def _checked(number: int, *arguments: object) -> int:
    result = _call(number, *arguments)
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result
