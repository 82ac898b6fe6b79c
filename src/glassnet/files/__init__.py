"""Files that are written whole, and read only when every byte is as it was written."""

from __future__ import annotations

from glassnet.files.atomic import atomic_write
from glassnet.files.canonical import canonical_json, strict_json
from glassnet.files.faults import file_fault, shown
from glassnet.files.header import Container, read_container, write_container

__all__ = [
    "Container",
    "atomic_write",
    "canonical_json",
    "file_fault",
    "read_container",
    "shown",
    "strict_json",
    "write_container",
]
