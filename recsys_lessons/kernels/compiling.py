"""How kernels are compiled and where the compiled code is kept.

Three decorators: :func:`kernel` for what Python calls, :func:`part` and :func:`inner` for the pieces a kernel is built
from. :func:`by_address` compiles a function that a kernel is given. All compile without the GIL, so that a notebook can
train in the background, and in strict arithmetic: no reassociation, no fused multiply-add, so that the same seed gives
the same bytes on every x86-64 processor. ``error_model="numpy"`` lets divisions be vectorized; a division by zero gives
an infinity, no exception, and no other result changes.

Numba's own cache does not notice that a function *called by* a cached one has changed. The compiled kernels are
therefore kept in a folder whose name is a hash of all kernel sources: a changed line anywhere means a new folder.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

import numba
import platformdirs
from numba.core import types
from numba.core.registry import CPUDispatcher
from numba.core.typing import Signature

# `_nrt=False`: kernels allocate nothing, so that Numba need not count references to the arrays that are passed around
# inside; counting took more time than the arithmetic.
_OPTIONS = {"nogil": True, "error_model": "numpy", "fastmath": False, "_nrt": False}

Function = TypeVar("Function", bound=Callable)


def part(function: Function) -> Function:
    """Compile a piece of a kernel. It becomes part of each kernel that uses it and is not cached by itself."""
    return numba.njit(forceinline=True, **_OPTIONS)(function)


class _InnerPart(CPUDispatcher):
    def __call__(self, *args):
        return self.py_func(*args)


def inner(function: Function) -> Function:
    """Compile a part whose arguments are the named tuples of :mod:`.structures`.

    Code that takes such arguments from Python would need longer to compile than the function itself, so there is none:
    compiled kernels call the compiled function, and Python runs it as plain Python.
    """
    if numba.config.DISABLE_JIT:
        return function
    options = {**_OPTIONS, "nopython": True, "forceinline": True, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}
    return _InnerPart(function, targetoptions=options)


def kernel(function: Function) -> Function:
    """Compile a function that Python calls, and cache the result on disk where a folder is writable."""
    compiled = numba.njit(**_OPTIONS)(function)
    folder = cache_folder()
    if folder is None or numba.config.DISABLE_JIT:
        return compiled
    # Numba asks for the folder only while caching is being enabled, so other users of Numba keep their own.
    previous = numba.config.CACHE_DIR
    numba.config.CACHE_DIR = str(folder)
    try:
        compiled.enable_caching()
    finally:
        numba.config.CACHE_DIR = previous
    return compiled


def uncached(function: Function) -> Function:
    """Compile for this process only: for kernels that functions become part of, which no file can hold."""
    return numba.njit(**_OPTIONS)(getattr(function, "py_func", function))


class _CalledByAddress(CPUDispatcher):
    """A function that a kernel gets as an argument and calls by its address; of the type of its first signature."""

    @property
    def _numba_type_(self):
        return types.FunctionType(self.nopython_signatures[0])


def by_address(function: Callable, signature: Signature) -> Callable:
    """Compile a function as an argument for kernels, which are the same code for all functions of the signature."""
    if numba.config.DISABLE_JIT:
        return function
    compiled = _CalledByAddress(function, targetoptions={**_OPTIONS, "nopython": True, "no_cpython_wrapper": True})
    compiled.compile(signature)
    compiled.disable_compile()  # for this signature alone; and so it is compiled again where it is unpickled
    return compiled


@lru_cache(maxsize=1)
def source_hash() -> str:
    """Hash of all kernel sources: 16 hexadecimal digits."""
    digest = hashlib.sha256()
    for source in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(source.name.encode() + b"\0" + source.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


@lru_cache(maxsize=1)
def cache_folder() -> Path | None:
    """Folder of the compiled kernels, or None where nothing is writable (kernels are then compiled in each process).

    The folder is ``kernels-<hash>`` inside ``NUMBA_CACHE_DIR`` where that is set, else inside the user's cache folder.
    """
    base = os.environ.get("NUMBA_CACHE_DIR") or platformdirs.user_cache_dir("recsys-lessons", appauthor=False)
    folder = Path(base) / f"kernels-{source_hash()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError:
        return None
