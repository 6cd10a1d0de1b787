"""How bundled data is written to, and read from, small ``.npz`` files.

Everything in such a file is an array of numbers: text is stored as UTF-8 bytes, so that no pickle is ever
written or read. Nothing here knows what the numbers mean.
"""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Iterable, Mapping
from importlib.resources import files
from pathlib import Path

import numpy as np

__all__ = ["grouped_cumsum", "grouped_diff", "join_bytes", "pack_text", "read_packaged", "split_bytes"]
__all__ += ["unpack_text", "write_npz"]

# The earliest date a zip archive can hold: a file that is made again from the same arrays keeps its bytes.
FIRST_DATE = (1980, 1, 1, 0, 0, 0)


def write_npz(path: str | os.PathLike[str], arrays: Mapping[str, np.ndarray]) -> None:
    """Write arrays to a compressed ``.npz`` whose bytes depend on the arrays alone.

    ``np.savez_compressed`` stamps the time of day on each member; here the date is fixed. (Two builds of
    Python with different versions of zlib may still compress differently.)
    """
    path = Path(path)
    unfinished = path.with_name(path.name + ".part")
    with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, array in arrays.items():
            content = io.BytesIO()
            np.lib.format.write_array(content, np.ascontiguousarray(array), (1, 0), allow_pickle=False)
            member = zipfile.ZipInfo(f"{name}.npy", FIRST_DATE)
            member.compress_type = zipfile.ZIP_DEFLATED
            member.create_system = 3
            member.external_attr = 0o644 << 16
            archive.writestr(member, content.getvalue(), compresslevel=9)
    os.replace(unfinished, path)


def read_packaged(name: str) -> dict[str, np.ndarray]:
    """Return all arrays of a data file that comes with the package."""
    with (
        files("recsys_lessons.datasets").joinpath("files", name).open("rb") as file,
        np.load(file, allow_pickle=False) as archive,
    ):
        return {key: archive[key] for key in archive.files}


def pack_text(texts: Iterable[str]) -> np.ndarray:
    r"""Return strings as one array of UTF-8 bytes, a line each.

    >>> unpack_text(pack_text(["Léon", "", "Alien³"]))
    ['Léon', '', 'Alien³']
    """
    texts = list(texts)
    if any("\n" in text for text in texts):
        raise ValueError("texts must not hold line breaks: each is stored as one line.")
    return np.frombuffer("".join(text + "\n" for text in texts).encode(), dtype=np.uint8)


def unpack_text(packed: np.ndarray) -> list[str]:
    """Return the strings that `pack_text` was given."""
    return packed.tobytes().decode().split("\n")[:-1]


def split_bytes(numbers: np.ndarray, width: int) -> np.ndarray:
    """Return unsigned integers as `width` rows of bytes, lowest first: rows of zeros compress to nothing.

    >>> split_bytes(np.array([1, 256, 515]), 2)
    array([[1, 0, 3],
           [0, 1, 2]], dtype=uint8)
    """
    numbers = np.asarray(numbers, dtype=np.int64)
    if len(numbers) and (numbers.min() < 0 or numbers.max() >= 256**width):
        raise ValueError(f"numbers must be between 0 and {256**width - 1} to fit in {width} bytes.")
    return np.stack([(numbers >> (8 * row) & 255).astype(np.uint8) for row in range(width)])


def join_bytes(rows: np.ndarray) -> np.ndarray:
    """Return the integers that `split_bytes` was given, as ``int64``."""
    numbers = np.zeros(rows.shape[1], dtype=np.int64)
    for row, content in enumerate(rows):
        numbers |= content.astype(np.int64) << (8 * row)
    return numbers


def grouped_diff(numbers: np.ndarray, group_sizes: np.ndarray) -> np.ndarray:
    """Return differences to the number before; the first number of each group is kept as it is.

    >>> grouped_diff(np.array([3, 5, 6, 2, 9]), np.array([3, 2]))
    array([3, 2, 1, 2, 7])
    """
    differences = np.diff(np.asarray(numbers, dtype=np.int64), prepend=0)
    first = _first_of_groups(group_sizes)
    differences[first] = numbers[first]
    return differences


def grouped_cumsum(differences: np.ndarray, group_sizes: np.ndarray) -> np.ndarray:
    """Return the numbers whose `grouped_diff` was given.

    >>> grouped_cumsum(np.array([3, 2, 1, 2, 7]), np.array([3, 2]))
    array([3, 5, 6, 2, 9])
    """
    sums = np.cumsum(differences, dtype=np.int64)
    first = _first_of_groups(group_sizes)
    before = sums[first] - differences[first]
    group_sizes = np.asarray(group_sizes, dtype=np.int64)
    return sums - np.repeat(before, group_sizes[group_sizes > 0])


def _first_of_groups(group_sizes: np.ndarray) -> np.ndarray:
    group_sizes = np.asarray(group_sizes, dtype=np.int64)
    return (np.cumsum(group_sizes) - group_sizes)[group_sizes > 0]
