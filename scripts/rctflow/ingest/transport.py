"""SAS transport files (XPT): the observations of one member as text.

They are cut here rather than by a library, because libraries read a cut file as a shorter one, make one of all special
missing values and give up at text that is no UTF-8; and because a form of 30 MB then takes no longer than its columns.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rctflow.ingest.moments import moment_of, moment_text
from rctflow.ingest.numerals import number_text
from rctflow.ingest.raw import IngestError, RawForm, Variable, check_header, declared_headers, listed
from rctflow.ingest.settings import DEFAULT_ENCODING, Ingest
from rctflow.ingest.texts import fixed_width_text, text_encoding
from rctflow.ingest.transport_header import RECORD, Descriptor, Member, TransportError, members

SPECIAL = b"_ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def read_transport(path: Path, settings: Ingest, *, where: str) -> RawForm:
    """The text of one member (the only one, or ``settings.member``), formatted dates and times as ISO 8601.

    Special missing values are the texts ``.A`` to ``.Z`` and ``._``; trailing blanks are no part of a text. Raises
    IngestError for a file that was cut or damaged, for a member that is not there, and for text in another encoding.
    """
    data = path.read_bytes()
    try:
        member = _chosen(members(data), path, settings, where=where)
        header = [variable.name for variable in member.variables]
        check_header(header, path, settings, where=where)
        observations = _observations(data, member)
    except TransportError as error:
        raise IngestError(f"{where}: {path.name}: {error}.") from None
    described = {v.name: v for v in member.variables}
    wanted = [described[name] for name in declared_headers(settings)]
    texts = {v.name: observations[:, v.start : v.start + v.length] for v in wanted if v.is_text}
    declared = settings.encoding if settings.encoding != DEFAULT_ENCODING else ""
    encoding, found = text_encoding(texts, declared, path, table=settings.table, where=where)
    columns = {
        v.name: fixed_width_text(texts[v.name], encoding) if v.is_text else _numbers(observations, v, settings.decimal)
        for v in wanted
    }
    return RawForm(
        path,
        header,
        columns,
        list(range(1, len(observations) + 1)),
        label=member.label,
        variables={v.name: Variable(v.label, v.format) for v in member.variables},
        encoding=found,
    )


def _chosen(found: list[Member], path: Path, settings: Ingest, *, where: str) -> Member:
    names = [member.name for member in found]
    place = f"tables.{settings.table}.member"
    if settings.member:
        matching = [member for member in found if member.name.upper() == settings.member.upper()]
        if not matching:
            raise IngestError(
                f"{where}: {path.name} has no member '{settings.member}'. It has: {listed(names)}. Name one "
                f"under {place}."
            )
        return matching[0]
    if len(found) > 1:
        raise IngestError(f"{where}: {path.name} has {len(found)} members: {listed(names)}. Name one under {place}.")
    return found[0]


def _observations(data: bytes, member: Member) -> Any:
    """(observations, bytes of one) of uint8; raises TransportError when the last one is cut."""
    import numpy as np

    length, block = member.length, member.end - member.start
    if not length:
        return np.empty((0, 0), np.uint8)
    count = block // length if member.count is None else member.count
    rest = data[member.start + count * length : member.end]
    if count * length > block:
        raise TransportError(
            f"member {member.name} ends after {block // length} of the {count} observations that its header tells: the "
            "file was cut. Export or transfer it again"
        )
    if rest.strip(b" ") or len(rest) >= RECORD:
        raise TransportError(
            f"member {member.name} ends in the middle of observation {count + 1} (of {length} bytes): the file was cut "
            "or damaged. Export or transfer it again"
        )
    cells = np.frombuffer(data, np.uint8, count * length, member.start).reshape(count, length)
    if member.count is None:
        # where an observation is shorter than a record, whole blank ones may be the filling of the last record
        most = (RECORD - 1 - len(rest)) // length
        while most > 0 and count and (cells[count - 1] == 0x20).all():
            count, most = count - 1, most - 1
    return cells[:count]


def _numbers(observations: Any, variable: Descriptor, decimal: str) -> Any:
    import numpy as np

    cells = np.zeros((len(observations), 8), np.uint8)
    cells[:, : variable.length] = observations[:, variable.start : variable.start + variable.length]
    values, codes = ieee_numbers(cells)
    moment = moment_of(variable.format, "sas")
    return moment_text(values, moment, "sas", codes) if moment else number_text(values, codes, decimal)


def ieee_numbers(cells: Any) -> tuple[Any, Any]:
    """float64 of IBM floating-point numbers (n, 8 bytes), and the code of each special missing value ("" when none).

    An IBM number is a sign bit, 7 bits of exponent (base 16, excess 64) and 56 bits of fraction; a missing one is the
    letter of its code (a point for the ordinary one) and zeros.
    """
    import numpy as np

    words = np.ascontiguousarray(cells).view(">u8").ravel().astype(np.uint64)
    fraction = words & np.uint64(0x00FFFFFFFFFFFFFF)
    first = (words >> np.uint64(56)).astype(np.uint8)
    exponent = (first & 0x7F).astype(np.int32)
    values = np.ldexp(fraction.astype(np.float64), 4 * (exponent - 64) - 56)
    values = np.where(first & 0x80, -values, values)
    missing = (fraction == 0) & (first != 0)
    special = missing & np.isin(first, np.frombuffer(SPECIAL, np.uint8))
    codes = (
        np.where(special, np.char.add(".", first.astype("u1").view("S1").astype("U1")), "") if special.any() else None
    )
    values[(missing & (first == ord("."))) | special] = np.nan
    return values, codes
