"""Names: how headers are cut into words, and how ids and column names of the config are made from them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from rctflow.propose.vocabulary import word_list

# names that the clean table gives itself; and those of ADSL and BDS, which a covariate cannot have
CLEAN = frozenset(word_list("USUBJID VISIT ADT ADTF DAY SRCROW"))
ANALYSIS = frozenset(
    word_list(
        """STUDYID USUBJID TRT01P TRT01A RANDDT TRTSDT RANDFL PARAMCD PARAM AVISIT AVISITN ADT ADY AVAL AVALC BASE
        CHG PCHG ABLFL ANL01FL DTYPE AWTARGET AWLO AWHI AWTDIFF SRCDOM SRCVAR SRCSEQ ARM ITTFL SAFFL"""
    )
)
UNIT = re.compile(r"(.+?) \(((?=.*[A-Za-z%/])(?:[^()]|\([^()]*\))+)\)$")
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+(?:\.\d+)?")


def words(header: str) -> list[str]:
    """The words of a header in lower case: ``postOp4hour_throatPain`` gives post, op, 4, hour, throat, pain."""
    return [word.lower() for word in _WORD.findall(plain(header))]


def squeezed(header: str) -> str:
    """Letters and digits alone, in lower case: ``Patient ID`` and ``patient_id`` are one name."""
    return re.sub(r"[^a-z0-9]", "", plain(header).lower())


def plain(text: str) -> str:
    """``text`` without accents."""
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()


def spelled(header: str, stem: Iterable[str]) -> str:
    """The words ``stem`` of ``header`` as the file writes them, with what stands between: ``PD.avg`` of V3.PD.avg."""
    text, wanted, found = plain(header), list(stem), list[re.Match[str]]()
    for match in _WORD.finditer(text):
        if len(found) < len(wanted) and match.group().lower() == wanted[len(found)]:
            found.append(match)
    return text[found[0].start() : found[-1].end()] if found else header


def label_of(name: str) -> str:
    """A label: ``opioid_total`` becomes Opioid total; what is not plainly words keeps the file's own spelling."""
    parts = re.split(r"[ _.]+", name)
    plainly = all(re.fullmatch(r"[A-Za-z][a-z]{3,}", part) for part in parts)
    return " ".join(parts).capitalize() if plainly else name


def column_names(headers: Iterable[str], keep: Iterable[str] = ()) -> dict[str, str]:
    """Header -> the study's name of it: letters, digits and _, unique, none that the rooms give themselves.

    keep: headers that may have such a name, because they are what it means (``VISIT`` for the visit column).
    """
    names: dict[str, str] = {}
    for position, header in enumerate(headers, 1):
        name = re.sub(r"[^A-Za-z0-9]+", "_", plain(header)).strip("_")
        name = name if name[:1].isalpha() else (f"C_{name}" if name else f"COLUMN{position}")
        if (name in CLEAN or name.endswith(("_CODE", "_DTF"))) and header not in keep:
            name = f"{name}_RAW"
        names[header] = _unique(name, names.values())
    return names


def covariate_name(column: str) -> str:
    """The name in ADSL of a column: its own, unless ADSL or BDS mean something else by it."""
    return f"{column}_RAW" if column in ANALYSIS else column


def label_and_unit(name: str) -> tuple[str, str]:
    """``Sodium (mmol/L)`` is Sodium, in mmol/L; "" when a name has no unit."""
    named = UNIT.match(name)
    return (named.group(1), named.group(2)) if named else (name, "")


def quoted(text: str) -> str:
    """``text`` as a literal of the ``where`` language."""
    return repr(text)


def without_code(text: str) -> str:
    """A level without the code that it begins with: ``1_none`` is none."""
    return re.sub(r"^\d+[_\-.: ]+(?=[^\W\d_])", "", text)


def identifier(text: str, fallback: str, taken: Iterable[str] = ()) -> str:
    """An id of the config (``[a-z][a-z0-9_]*``) made from ``text``, not among ``taken``; a leading code (``1_``) is
    left out.
    """
    slug = re.sub(r"[^a-z0-9]+", "_", plain(without_code(text)).lower()).strip("_")[:40].rstrip("_")
    slug = slug if slug[:1].isalpha() else f"{fallback}{slug}"
    return _unique(slug, taken)


def _unique(name: str, taken: Iterable[str]) -> str:
    used = {other.lower() for other in taken}
    number, unique = 2, name
    while unique.lower() in used:
        unique, number = f"{name}_{number}", number + 1
    return unique
