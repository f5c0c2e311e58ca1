"""A document's bytes behind an open descriptor: what the readers get in place of a path."""

from __future__ import annotations

import ctypes
import mmap
import os
from pathlib import Path
from typing import BinaryIO


class SourceFile:
    """Owns its descriptor; `close()` gives it back. The file must not shrink while it is read."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self.size = os.fstat(descriptor).st_size
        self._mapped: mmap.mmap | None = None

    @classmethod
    def of_path(cls, path: Path) -> SourceFile:
        """For callers outside of the confined process, such as tests."""
        return cls(os.open(path, os.O_RDONLY | os.O_CLOEXEC))

    def head(self, size: int) -> bytes:
        return os.pread(self._descriptor, size, 0)

    def read(self) -> bytes:
        with self.open() as file:
            return file.read()

    def open(self) -> BinaryIO:
        """From its beginning. One at a time: all share one position."""
        os.lseek(self._descriptor, 0, os.SEEK_SET)
        return os.fdopen(os.dup(self._descriptor), "rb")

    def in_memory(self) -> ctypes.Array | bytes:
        """All of it, for libraries that want one piece of memory; pages of it are loaded as they are touched."""
        if not self.size:
            return b""
        self._mapped = self._mapped or mmap.mmap(self._descriptor, 0, access=mmap.ACCESS_COPY)
        return (ctypes.c_char * self.size).from_buffer(self._mapped)

    def close(self) -> None:
        """The memory of `in_memory` goes with the last one who uses it."""
        self._mapped = None
        os.close(self._descriptor)

    def __enter__(self) -> SourceFile:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
