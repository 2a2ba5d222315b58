"""Arrays read from an npz file that may come from anywhere: nothing in it is executed, and no size is believed."""

from __future__ import annotations

import math
import re
import struct
import zipfile
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

HEADER = re.compile(
    rb"\x93NUMPY\x01\x00..\{'descr': '([<>](?:f8|i[48]|U[1-9]\d{0,5}))', 'fortran_order': False, "
    rb"'shape': \(((?:\d{1,9}, ){0,3}\d{0,9},?)\), \} *\n",
    re.DOTALL,
)
"""Of an array of numbers or text, in version 1.0 of NumPy's format."""
LARGEST = 1 << 28
"""Bytes of an array at most."""
ENTRIES = LARGEST // 8
"""Numbers in it at most."""
DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, struct.error)
"""What is raised on an archive that cannot be read."""


def read_array(archive: zipfile.ZipFile, name: str) -> NDArray[Any]:
    """An array of numbers or text, as `save` has written it. NumPy is not asked: it believes the size in a header."""
    try:
        entry = archive.getinfo(f"{name}.npy")
    except KeyError:
        raise ValueError(f"it holds no {name}") from None
    if entry.file_size > LARGEST or entry.compress_type not in (zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED):
        raise ValueError(f"its {name} are too large, or compressed in another way")
    content = archive.read(entry)
    header = HEADER.match(content)
    if header is None:
        raise ValueError(f"its {name} are not an array without pickled objects")
    shape = tuple(int(size) for size in re.findall(rb"\d+", header[2]))
    kind: np.dtype[Any] = np.dtype(header[1].decode())
    if len(content) - header.end() != math.prod(shape) * kind.itemsize:
        raise ValueError(f"its {name} have another size than they say")
    return np.frombuffer(content, kind, offset=header.end()).reshape(shape)
