"""SAS transport files, versions 5 and 8: the headers, that is where the members are and what their variables are.

A file is a sequence of records of 80 bytes: a library header, then per member a member header, one descriptor
(NAMESTR) per variable, an observation header and the observations, one after the other, the last record filled with
blanks. Source: SAS Institute, "Record Layout of a SAS Version 5 or 6 (and: 8 or 9) Data Set in SAS Transport (XPORT)
Format" (TS-140).
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

RECORD = 80
HEADER = b"HEADER RECORD*******"
LIBRARY = re.compile(rb"HEADER RECORD\*{7}(LIBRARY |LIBV8   )HEADER RECORD!{7}0{30}  ")
NAMESTR = struct.Struct(">hhhh8s40s8shhh2s8shhl52s")


class TransportError(ValueError):
    """What is wrong with a file, and what to do about it."""


@dataclass(frozen=True)
class Descriptor:
    """One variable: where it stands in an observation (bytes), and how it is written."""

    name: str
    label: str
    format: str
    is_text: bool
    start: int
    length: int


@dataclass(frozen=True)
class Member:
    """One data set of the file. start, end: bytes between which its observations stand; count: of them, if told."""

    name: str
    label: str
    variables: tuple[Descriptor, ...]
    start: int
    end: int
    count: int | None

    @property
    def length(self) -> int:
        """Bytes of one observation."""
        return max((v.start + v.length for v in self.variables), default=0)


def members(data: bytes) -> list[Member]:
    """The members of a file; raises TransportError when it is no transport file, or is cut or damaged."""
    found = LIBRARY.match(data)
    if not found:
        raise TransportError(_no_transport_file(data))
    if len(data) % RECORD:
        raise TransportError(
            f"its {len(data)} bytes are no whole number of records of {RECORD} bytes: it was cut, or changed in "
            "transfer as text. Transfer it again, in binary mode"
        )
    is_8 = found[1] == b"LIBV8   "
    mark = HEADER + (b"MEMBV8  " if is_8 else b"MEMBER  ") + b"HEADER RECORD!!!!!!!"
    starts = [*_aligned(data, mark), len(data)]
    if len(starts) == 1:
        raise TransportError("no member header follows the library header: the file was cut. Export it again")
    return [_member(data, start, end, is_8=is_8) for start, end in pairwise(starts)]


def _aligned(data: bytes, mark: bytes) -> Iterator[int]:
    at = data.find(mark)
    while at >= 0:
        if at % RECORD == 0:
            yield at
        at = data.find(mark, at + 1)


def _member(data: bytes, start: int, end: int, *, is_8: bool) -> Member:
    size = _digits(data[start + 74 : start + 78], start)  # of a descriptor: 140, 136 on VAX/VMS
    names = start + 4 * RECORD
    _expect(data, start + RECORD, b"DSCPTV8 " if is_8 else b"DSCRPTR ")
    _expect(data, names, b"NAMSTV8 " if is_8 else b"NAMESTR ")
    count = _digits(data[names + 48 : names + 58], names)
    first = names + RECORD
    block = data[first : first + count * size]
    if size not in (136, 140) or len(block) < count * size:
        raise TransportError(f"its {count} descriptors of variables are cut at byte {len(data)}. Export the file again")
    described = [block[i * size : (i + 1) * size].ljust(140, b"\0") for i in range(count)]
    variables = [_descriptor(one, i, first + i * size, is_8=is_8) for i, one in enumerate(described)]
    at = first + -(-count * size // RECORD) * RECORD
    if is_8:
        variables, at = _long_labels(data, at, variables)
    _expect(data, at, b"OBSV8   " if is_8 else b"OBS     ")
    told = data[at + 48 : at + 63].strip() if is_8 else b""
    name = data[start + 168 : start + (200 if is_8 else 176)]
    return Member(
        name=_text(name),
        label=_text(data[start + 272 : start + 312]),
        variables=tuple(variables),
        start=at + RECORD,
        end=end,
        count=int(told) if told.isdigit() and int(told) else None,
    )


def _descriptor(data: bytes, number: int, at: int, *, is_8: bool) -> Descriptor:
    kind, _, length, _, name, label, form, width, digits, *_, start, rest = NAMESTR.unpack(data)
    if kind not in (1, 2) or length < 1 or start < 0 or (kind == 1 and not 2 <= length <= 8):
        raise TransportError(f"the descriptor of variable {number + 1} (byte {at}) is damaged. Export the file again")
    long_name = _text(rest[:32]) if is_8 else ""
    return Descriptor(
        long_name or _text(name), _text(label), _format(_text(form), width, digits), kind == 2, start, length
    )


def _format(name: str, width: int, digits: int) -> str:
    if not name and not width:
        return ""
    return f"{name}{width or ''}.{digits or ''}"


def _long_labels(data: bytes, at: int, variables: list[Descriptor]) -> tuple[list[Descriptor], int]:
    """Version 8 keeps labels over 40 characters (LABELV8) and long formats too (LABELV9) in records of their own."""
    from dataclasses import replace

    kind = data[at + 20 : at + 28]
    if kind not in (b"LABELV8 ", b"LABELV9 "):
        return variables, at
    layout = struct.Struct(">hhh" if kind == b"LABELV8 " else ">hhhhh")
    place = at + RECORD
    for _ in range(_digits(data[at + 48 : at + RECORD], at)):
        number, *lengths = layout.unpack_from(data, place)
        place += layout.size
        parts = []
        for length in lengths:
            parts.append(_text(data[place : place + length]))
            place += length
        if not 1 <= number <= len(variables):
            raise TransportError(f"the long labels (byte {at}) are damaged. Export the file again")
        changed = {"name": parts[0], "label": parts[1]} | ({"format": parts[2]} if len(parts) > 2 and parts[2] else {})
        variables[number - 1] = replace(variables[number - 1], **changed)
    return variables, at + RECORD - (at + RECORD - place) // RECORD * RECORD


def _expect(data: bytes, at: int, name: bytes) -> None:
    if data[at : at + 28] != HEADER + name:
        raise TransportError(
            f"the header record {name.decode().strip()} is missing at byte {at}: the file was cut or damaged. Export "
            "it again, and transfer it in binary mode"
        )


def _digits(text: bytes, at: int) -> int:
    if not text.strip().isdigit():
        raise TransportError(f"the header record at byte {at} is damaged. Export the file again")
    return int(text)


def _text(data: bytes) -> str:
    plain = data.rstrip(b" \0")
    try:
        return plain.decode("utf-8")
    except UnicodeDecodeError:
        return plain.decode("cp1252", errors="replace")


def _no_transport_file(data: bytes) -> str:
    if data.startswith(b"**COMPRESSED**"):
        return "it is a CPORT file, which only SAS reads. Write it with the XPORT engine (PROC COPY, LIBNAME ... XPORT)"
    if HEADER in data[:200]:
        return "its first record is damaged, as by a transfer as text. Transfer it again, in binary mode"
    return "it is no SAS transport file: it does not begin with a library header. Export it again (LIBNAME ... XPORT)"
