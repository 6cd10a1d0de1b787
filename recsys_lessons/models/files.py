"""Models on disk: plain arrays and text in an ``.npz`` file, no pickles."""

from __future__ import annotations

import json
import os
import uuid
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from recsys_lessons.kernels.random import STATE_WORDS

FORMAT = 1

# What NumPy, zipfile (RuntimeError: also NotImplementedError and encrypted files) and json raise for damaged files.
_DAMAGED = (
    KeyError,
    TypeError,
    AttributeError,
    ValueError,
    OSError,
    EOFError,
    RuntimeError,
    zipfile.BadZipFile,
    zlib.error,
)


def portable_params(params: dict[str, Any]) -> dict[str, Any]:
    """Constructor arguments as JSON can hold them; a `random_state` that is an object becomes None."""
    plain = {name: value.item() if hasattr(value, "item") else value for name, value in params.items()}
    if not isinstance(plain.get("random_state"), int | None):
        plain["random_state"] = None
    return plain


def _with_suffix(path: str | os.PathLike) -> Path:
    path = Path(path)
    return path if path.suffix == ".npz" else path.with_name(path.name + ".npz")


def write_model(path: str | os.PathLike, about: dict[str, Any], arrays: dict[str, np.ndarray]) -> Path:
    """Write a model to `path`, with the suffix ``.npz`` added if missing, and return where it was written.

    An older file is replaced only once the new one is complete.
    """
    path = _with_suffix(path)
    text = np.array(json.dumps({"format": FORMAT, **about}))
    # A file of its own name in the same folder, made with the permissions that any new file gets.
    unfinished = path.with_name(f"{path.stem}-{uuid.uuid4().hex}.part")
    try:
        with open(unfinished, "xb") as file:
            np.savez(file, about=text, **arrays)
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)
    return path


def read_model(path: str | os.PathLike, model: str) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """What `write_model` wrote for a model of the class `model`: the description and the arrays.

    Raises
    ------
    ValueError
        If the file is not such a model, or comes from a newer version of the library.
    """
    try:
        path = path if os.path.exists(path) else _with_suffix(path)
        # Opened here, since NumPy leaves a file open that turns out to be no archive.
        with open(path, "rb") as opened, np.load(opened, allow_pickle=False) as file:
            saved = {name: file[name] for name in file.files}
        about = json.loads(str(saved.pop("about")))
        format_number, written_by = int(about["format"]), about.get("model", "LightFM")
    except FileNotFoundError:
        raise
    except _DAMAGED as error:
        raise ValueError(f"{path} does not hold a model written by {model}.save: {error}") from error
    if format_number > FORMAT:
        raise ValueError(f"{path} was written by a newer version of recsys_lessons (format {format_number}).")
    if written_by != model:
        raise ValueError(f"{path} does not hold a {model} but a {written_by}: read it with {written_by}.load.")
    return about, saved


def saved_array(
    saved: dict[str, np.ndarray], name: str, shape: tuple[int, ...], dtype: type = np.float32
) -> np.ndarray:
    """An array of a file, or a ValueError unless it has the given shape and type: kernels would trust it."""
    array = np.asarray(saved[name])
    if array.shape != shape or array.dtype != dtype:
        raise ValueError(f"{name} must be {np.dtype(dtype)} of shape {shape}, got {array.dtype} of shape {array.shape}")
    return array


def saved_stream(saved: dict[str, np.ndarray]) -> np.ndarray:
    """The state of the random numbers from a file."""
    return saved_array(saved, "stream", (STATE_WORDS,), np.int64)
