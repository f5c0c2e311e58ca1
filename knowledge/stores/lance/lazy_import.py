"""`import lancedb` without the models of a REST service that an embedded store never calls.

LanceDB imports two generated packages for its catalogue service at start: 300 modules, 20 MiB and most of the time
that importing takes. The embedded store uses none of them, so empty stand-ins take their place. `lancedb` is pinned
to a minor version; the contract tests run through this import.
"""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import sys
import threading
import types
from typing import Any

UNUSED = frozenset({"lance_namespace", "lance_namespace_urllib3_client"})
_importing = threading.Lock()


def import_lancedb() -> types.ModuleType:
    with _importing:
        if "lancedb" in sys.modules or UNUSED & sys.modules.keys():
            return importlib.import_module("lancedb")
        finder = _UnusedModuleFinder()
        sys.meta_path.insert(0, finder)
        try:
            return importlib.import_module("lancedb")
        finally:
            sys.meta_path.remove(finder)


class _UnusedModule(types.ModuleType):
    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        made = type(name, (Exception,) if name.endswith("Error") else (), {})
        setattr(self, name, made)
        return made


class _UnusedModuleFinder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(self, name: str, path: Any, target: Any = None) -> importlib.machinery.ModuleSpec | None:
        if name.partition(".")[0] in UNUSED:
            return importlib.machinery.ModuleSpec(name, self, is_package=True)
        return None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        return _UnusedModule(spec.name)

    def exec_module(self, module: types.ModuleType) -> None:
        pass
