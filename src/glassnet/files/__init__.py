"""Files that are written whole, and read only when every byte is as it was written."""

from __future__ import annotations

from glassnet.files.atomic import atomic_write
from glassnet.files.canonical import canonical_json, strict_json
from glassnet.files.faults import file_fault, shown
from glassnet.files.header import Container, read_container, release, write_container
from glassnet.files.texts import arrays_of_texts, texts_of_arrays

__all__ = [
    "Container",
    "arrays_of_texts",
    "atomic_write",
    "canonical_json",
    "file_fault",
    "read_container",
    "release",
    "shown",
    "strict_json",
    "texts_of_arrays",
    "write_container",
]
