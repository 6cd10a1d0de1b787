"""Archives that are fetched on request: where they are looked for, how they are checked, how they are kept.

An archive is never unpacked onto the disk. The members that are needed are read into memory, and their
checksums are compared: not the archive's own, which changes when somebody packs the same files again.
Nothing here knows what the members mean.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import stat
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

__all__ = ["DATA_FOLDER", "ArchiveError", "Source", "obtain", "read_members"]

DATA_FOLDER = "RECSYS_LESSONS_DATA"
"""The environment variable that names a folder of archives already downloaded."""

LARGEST_MEMBER = 64 * 2**20
LARGEST_ARCHIVE = 256 * 2**20
MOST_MEMBERS = 1000
SECONDS_TO_WAIT = 30


class ArchiveError(ValueError):
    """An archive is damaged, unsafe or not the one expected."""


@dataclass(frozen=True)
class Source:
    """One downloadable archive.

    Attributes
    ----------
    title : str
        What a person calls it.
    file_names : tuple of str
        The names under which it is looked for; it is kept under the first.
    url : str
        Where it is downloaded from.
    page : str
        The page a person would go to.
    read : callable
        Takes the path of the archive and returns its members, checked; raises `ArchiveError`.
    """

    title: str
    file_names: tuple[str, ...]
    url: str
    page: str
    read: Callable[[Path], dict[str, bytes]]

    def help(self, folder: Path) -> str:
        """Return what somebody without internet can do."""
        return (
            f"To go on without internet here: on another computer, download {self.url} "
            f"(from the page {self.page}), "
            f"put the file into the folder {folder} under the name {self.file_names[0]}, and call again. "
            f"Any other folder will do if the environment variable {DATA_FOLDER} names it."
        )


def obtain(source: Source, data_home: str | os.PathLike[str] | None, download_if_missing: bool) -> dict[str, bytes]:
    """Return the checked members of an archive, from a folder the environment names, the cache or the web.

    A damaged file in the cache is downloaded again; one in the folder that the environment names belongs to
    somebody else and is only complained about. Nothing that has not passed its checks reaches the cache.

    Raises
    ------
    OSError
        If the archive is nowhere and cannot, or may not, be downloaded. The message says what to do.
    ValueError
        If an archive was found but is damaged, unsafe or not the one expected.
    """
    if data_home is None:
        # Imported here, so that data which comes with the package loads without it.
        from platformdirs import user_cache_path

        data_home = user_cache_path("recsys-lessons")
    cache = Path(data_home).expanduser().absolute()

    named_folder = os.environ.get(DATA_FOLDER)
    if named_folder and (found := _find(Path(named_folder).expanduser(), source)):
        try:
            return source.read(found)
        except ArchiveError as error:
            raise ValueError(
                f"{found} cannot be used as {source.title}: {error} Replace this file or take it out "
                f"of the folder that {DATA_FOLDER} names. {source.help(cache)}"
            ) from error

    if found := _find(cache, source):
        try:
            return source.read(found)
        except ArchiveError as error:
            if not download_if_missing:
                raise ValueError(
                    f"{found} cannot be used as {source.title}: {error} Call again with "
                    f"download_if_missing=True to replace it. {source.help(cache)}"
                ) from error
    if not download_if_missing:
        raise OSError(
            f"Dataset missing. {source.title} is not in {cache}, and download_if_missing is False. {source.help(cache)}"
        )
    return _download(source, cache)


def _find(folder: Path, source: Source) -> Path | None:
    return next((folder / name for name in source.file_names if (folder / name).is_file()), None)


def _download(source: Source, cache: Path) -> dict[str, bytes]:
    # Imported here: it brings an HTTP library along, which nobody needs who does not download.
    import pooch

    try:
        cache.mkdir(parents=True, exist_ok=True)
        # In the cache itself, so that the finished file only has to be renamed.
        with tempfile.TemporaryDirectory(prefix=".download-", dir=cache) as unfinished:
            downloaded = Path(unfinished, source.file_names[0])
            pooch.HTTPDownloader(timeout=SECONDS_TO_WAIT)(source.url, str(downloaded), None)
            members = source.read(downloaded)
            os.replace(downloaded, cache / source.file_names[0])
            return members
    except ArchiveError as error:
        raise ValueError(
            f"What {source.url} sent cannot be used as {source.title}: {error} Nothing was kept. "
            f"Check your internet connection and try again. {source.help(cache)}"
        ) from error
    except OSError as error:
        raise OSError(f"Could not download {source.title}: {error}. {source.help(cache)}") from error


def read_members(
    archive: str | os.PathLike[str] | bytes,
    checksums: Mapping[str, str | None],
    *,
    largest_member: int = LARGEST_MEMBER,
    largest_archive: int = LARGEST_ARCHIVE,
) -> dict[str, bytes]:
    """Return members of a zip archive after checking archive and members.

    Parameters
    ----------
    archive : path or bytes
        The archive, or its content.
    checksums : mapping of str to str or None
        The sha256 (hexadecimal) of each member to read. None: no checksum is compared.
    largest_member, largest_archive : int
        Bytes that a member, and all members together, may take when unpacked.

    Returns
    -------
    dict of str to bytes

    Raises
    ------
    ArchiveError
        If the archive is damaged, holds a member that would leave its folder when unpacked, a link, an
        encrypted member, two of one name or too much data, or if a member is missing or has another checksum.
    """
    content = archive if isinstance(archive, bytes) else Path(archive).read_bytes()
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as opened:
            infos = opened.infolist()
            _check_safe(infos, largest_member, largest_archive)
            missing = sorted(set(checksums) - {info.filename for info in infos})
            if missing:
                raise ArchiveError(f"its member {missing[0]} is missing.")
            members = {name: opened.read(name) for name in checksums}
    except ArchiveError:
        raise
    except (zipfile.BadZipFile, zlib.error, struct.error, EOFError, RuntimeError, ValueError) as error:
        # All of these are what Python's zipfile raises for an archive whose bytes are wrong.
        raise ArchiveError(f"it is damaged or no zip archive ({error}).") from error
    for name, content in members.items():
        found, expected = hashlib.sha256(content).hexdigest(), checksums[name]
        if expected is not None and found != expected:
            raise ArchiveError(f"its member {name} has the sha256 {found[:12]}…, expected {expected[:12]}….")
    return members


def _check_safe(infos: list[zipfile.ZipInfo], largest_member: int, largest_archive: int) -> None:
    if len(infos) > MOST_MEMBERS or sum(info.file_size for info in infos) > largest_archive:
        raise ArchiveError(f"it holds more than {MOST_MEMBERS} members or {largest_archive:,} bytes.")
    names = set()
    for info in infos:
        name = info.orig_filename
        if re.match(r"[/\\]|[A-Za-z]:", name) or ".." in re.split(r"[/\\]", name) or "\0" in name:
            raise ArchiveError(f"its member {name!r} points outside the archive's folder.")
        if stat.S_ISLNK(info.external_attr >> 16):
            raise ArchiveError(f"its member {name!r} is a link.")
        if info.flag_bits & 1:
            raise ArchiveError(f"its member {name!r} is encrypted.")
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise ArchiveError(f"its member {name!r} is compressed in an unusual way.")
        if info.file_size > largest_member:
            raise ArchiveError(f"its member {name!r} holds more than {largest_member:,} bytes.")
        if info.filename in names:
            raise ArchiveError(f"it holds two members of the name {name!r}.")
        names.add(info.filename)
