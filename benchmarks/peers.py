"""The libraries we are measured against, each of which may be missing."""

from __future__ import annotations

import importlib
from importlib.metadata import version
from types import ModuleType

_missing: dict[str, str] = {}


def _load(name: str) -> ModuleType | None:
    try:
        return importlib.import_module(name)
    except Exception as error:  # An extension built for another NumPy fails with anything but an ImportError.
        _missing[name] = f"{type(error).__name__}: {error}"
        return None


lightfm = _load("lightfm")
implicit_bpr = _load("implicit.cpu.bpr")
surprise = _load("surprise")


def describe() -> list[str]:
    """One line on the peers that are here, and one on each that is missing."""
    modules = {"lightfm": "rectools-lightfm", "implicit.cpu.bpr": "implicit", "surprise": "scikit-surprise"}
    found = [f"{package} {version(package)}" for module, package in modules.items() if module not in _missing]
    lines = [f"Peers: {', '.join(found) or 'none'}"]
    for module, reason in _missing.items():
        lines.append(f"MISSING {modules[module]} (its columns stay empty): {reason}")
    return lines
