"""Puts new contents in place of a file in one step: whoever opens it meanwhile reads the old ones or the new, never a part.

The file keeps its owner, mode and other attributes; where that is not allowed it is left as it is.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path


def rewrite(path: Path, contents: bytes) -> None:
    """Puts the contents in place of the file at the path, or at the end of its symbolic links. Raises OSError.

    They are on stable storage before the old ones are gone.
    """
    target = path.resolve(strict=True)
    descriptor, fresh = _beside(target)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(contents)
            _make_alike(target, fresh)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(target)
    except BaseException:
        fresh.unlink()
        raise
    _sync_folder(target.parent)


def _beside(target: Path) -> tuple[int, Path]:
    """A new file in the same folder, under a name that no `use "conf.d/*.q"` takes for rules."""
    try:
        descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".tmp", dir=target.parent)
    except OSError as error:
        raise OSError(error.errno, f"{error.strerror} for a file beside it") from error
    return descriptor, Path(name)


def _make_alike(target: Path, fresh: Path) -> None:
    old = target.stat()
    try:
        os.chown(fresh, old.st_uid, old.st_gid)
    except PermissionError as error:
        raise PermissionError(error.errno, "it would not belong to its owner any more") from error
    shutil.copystat(target, fresh)
    os.utime(fresh)  # it did change now


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
