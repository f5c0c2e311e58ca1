"""What the process that reads strangers' files may still do: read its libraries, compute, and answer on its pipe.

Each measure stands alone, so that what a platform lacks takes nothing else away. `measures()` names all of them,
`apply()` takes them and returns what could not be taken.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import struct
import sys
from collections.abc import Callable

from knowledge.parsers import landlock, seccomp

NO_NEW_PRIVILEGES = "no new privileges"
NO_CAPABILITIES = "no capabilities"
FILES = "file access limited to libraries (Landlock)"
CALLS = "system calls limited to a list (seccomp)"
MEMORY = "memory limit"
LIMITS = "limits on files written, open files and locked memory"
MEASURES = (MEMORY, LIMITS, NO_NEW_PRIVILEGES, NO_CAPABILITIES, FILES, CALLS)

OPEN_FILES = 256
LIBRARIES = ("/lib", "/lib32", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache")
ABOUT_THE_MACHINE = (
    *("/dev/null", "/dev/urandom", "/proc/self", "/proc/cpuinfo", "/proc/meminfo", "/sys/devices/system/cpu"),
    *("/usr/share/zoneinfo", "/etc/localtime"),
)

_SET_NO_NEW_PRIVS = 38
_CAPABILITY_VERSION_3 = 0x20080522


def apply(*, address_space: int) -> dict[str, str]:
    """Confines this process for good: name of a measure to why it could not be taken. Call it while there is one
    thread, before anything of a stranger is read."""
    failed: dict[str, str] = {}
    taken: list[tuple[str, Callable[[], object]]] = [
        (MEMORY, lambda: _limit_memory(address_space)),
        (LIMITS, _limit_other_resources),
        (NO_NEW_PRIVILEGES, _refuse_new_privileges),
        (NO_CAPABILITIES, _drop_capabilities),
        (FILES, lambda: landlock.restrict(readable())),
        (CALLS, seccomp.restrict),
    ]
    for name, take in taken:
        try:
            take()
        except (OSError, ValueError, AttributeError) as error:
            failed[name] = error.strerror or str(error) if isinstance(error, OSError) else str(error)
    return failed


def missing_here() -> dict[str, str]:
    """What this platform certainly lacks, found without starting a process: measure to why."""
    if sys.platform != "linux":
        why = f"{sys.platform} has nothing like it"
        missing = dict.fromkeys((NO_NEW_PRIVILEGES, NO_CAPABILITIES, FILES, CALLS), why)
        return missing | ({MEMORY: why} if sys.platform == "darwin" else {})
    missing = {}
    if not landlock.version():
        missing[FILES] = "the kernel has no Landlock, or it is turned off"
    if not seccomp.is_supported():
        missing[CALLS] = "there is no list of calls for this kind of processor"
    return missing


def readable() -> list[str]:
    """Python with its packages, our parsers and what they are made of; never the folder the portal lies in as a whole,
    since its data may be below it."""
    ours = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    above = os.path.dirname(ours)
    packages = [path for path in sys.path if path and os.path.abspath(path) != above]
    return [*packages, ours, *LIBRARIES, *ABOUT_THE_MACHINE]


def _limit_memory(address_space: int) -> None:
    if sys.platform == "darwin":
        raise OSError("darwin has no limit of the address space")
    resource.setrlimit(resource.RLIMIT_AS, (address_space, address_space))


def _limit_other_resources() -> None:
    """No byte into any file, no core dump. A limit on processes would count all of the user's, and does not bind root:
    the list of calls has no fork instead."""
    for name, most in (("FSIZE", 0), ("CORE", 0), ("NOFILE", OPEN_FILES), ("MEMLOCK", 0), ("MSGQUEUE", 0)):
        with contextlib.suppress(AttributeError):  # a limit that this system does not know
            resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (most, most))


def _refuse_new_privileges() -> None:
    _on_linux()
    if ctypes.CDLL(None, use_errno=True).prctl(_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def _drop_capabilities() -> None:
    """Of root, for those who run the portal as root: then it may no longer overrule permissions, or trace others."""
    _on_linux()
    header, none = struct.pack("=Ii", _CAPABILITY_VERSION_3, 0), bytes(24)
    if ctypes.CDLL(None, use_errno=True).capset(header, none):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def _on_linux() -> None:
    if sys.platform != "linux":
        raise OSError(f"{sys.platform} has nothing like it")
