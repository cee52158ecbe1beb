"""Bytes of a text file to text, with an error that names the offending byte and the encodings that would fit."""

from __future__ import annotations

from pathlib import Path

from rctflow.ingest.raw import IngestError

CANDIDATES = ("utf-8", "cp1252", "cp1250", "latin-1", "gb18030", "shift_jis")
UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


def decode(data: bytes, encoding: str, path: Path, *, table: str, where: str) -> str:
    """The text of ``data`` without a byte-order mark.

    Raises IngestError when a byte does not fit ``encoding``, when the encoding is unknown, and when the file is
    evidently in another one although its bytes happen to fit (UTF-8 read as a one-byte code page, UTF-16 read as
    UTF-8).
    """
    try:
        text = data.decode(encoding)
    except LookupError:
        raise IngestError(
            f"{where}: '{encoding}' is not an encoding. Declare one such as utf-8, cp1252 or latin-1 under "
            f"tables.{table}.encoding."
        ) from None
    except UnicodeDecodeError as error:
        raise IngestError(_misfit(data, encoding, error.start, path, table=table, where=where)) from None
    if "\x00" in text:
        raise IngestError(
            f"{where}: {path.name} has NUL bytes, as UTF-16 text has when it is read as {encoding}. "
            f"Declare `encoding: utf-16` (or utf-16-le, utf-16-be) under tables.{table}, or export the form as UTF-8."
        )
    if not encoding.lower().startswith("utf") and _is_utf8(data):
        raise IngestError(
            f"{where}: {path.name} is UTF-8 text, but {encoding} is declared: its accents would be read as two "
            "characters each. "
            f"Remove `encoding` under tables.{table}."
        )
    return text.removeprefix("\ufeff")


def _is_utf8(data: bytes) -> bool:
    if data.isascii():
        return False
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _misfit(data: bytes, encoding: str, at: int, path: Path, *, table: str, where: str) -> str:
    line = data.count(b"\n", 0, at) + 1
    candidates = ("utf-16",) if data.startswith(UTF16_MARKS) else CANDIDATES
    readings = []
    for candidate in candidates:
        try:
            data.decode(candidate)
        except UnicodeDecodeError:
            continue
        around = data if candidate == "utf-16" else data[max(0, at - 12) : at + 8]
        readings.append(f"    {candidate}: {' '.join(around.decode(candidate, errors='replace')[:40].split())}")
    place = "its header" if line == 1 else f"row {line - 1}"
    return (
        f"{where}: {path.name} is not {encoding} text: byte 0x{data[at]:02X} in line {line} ({place}). "
        f"Declare its encoding under tables.{table}.encoding. Around that byte it would read\n" + "\n".join(readings)
    )
