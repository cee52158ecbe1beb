"""A folder of SDTM data sets: what the standard's names say of arms, visits, dates, tests and disposition."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rctflow.propose.course import Course, look_at_doses, look_at_medication
from rctflow.propose.findings import FEWEST, Measured
from rctflow.propose.forms import Form, ProposalError
from rctflow.propose.names import identifier
from rctflow.propose.roles import reference_of
from rctflow.propose.sdtm_findings import sdtm_findings

if TYPE_CHECKING:
    import pandas as pd

NO_ARM = ("screen failure", "not assigned", "not treated", "unplanned treatment", "scrnfail", "notassgn", "")
TOTAL = re.compile(r"\b(total|global|overall|sub ?score|composite|summary)\b", re.IGNORECASE)
OUTCOMES = ("QS", "RS", "FT", "VS")  # scales, responses; vital signs where there is nothing else
NEAR = 3  # days: two planned visits nearer than that are one moment


@dataclass(frozen=True)
class Visit:
    """A planned visit: its label, the day since first dose (day 0), its window, what was seen, and VISIT as written."""

    id: str
    label: str
    day: int
    window: tuple[int, int]
    baseline: bool
    why: str
    written: str


@dataclass(frozen=True)
class Test:
    """A test of a findings domain. category: QSCAT and the like. visits: those at which it is usual. timepoint: the one
    of several per visit (VSTPT) that is proposed, "" when there is only one."""

    domain: str
    code: str
    name: str
    category: str
    unit: str
    people: int
    has_baseline: bool
    timepoint: str
    visits: tuple[str, ...]


@dataclass
class Sdtm:
    """What was understood. arms: as written -> patients; others: values of ARM that are no arm; passed: labels of
    visits without a moment of their own; several_ends: whether DS ends the study of one patient more than once;
    randomized: its term; doses, medication: what EX and CM say; moved: patients whose ACTARM is another arm."""

    forms: dict[str, Form]
    arms: dict[str, int]
    reference: str
    others: list[str]
    visits: list[Visit]
    passed: list[str] = field(default_factory=list)
    tests: list[Test] = field(default_factory=list)
    disposition: dict[str, int] = field(default_factory=dict)
    several_ends: bool = False
    randomized: str = ""
    moved: int = 0
    findings: list[Measured] = field(default_factory=list)
    doses: Course | None = None
    medication: Course | None = None

    def has(self, domain: str, *headers: str) -> bool:
        """Whether the data set is there with these variables."""
        return domain in self.forms and set(headers) <= set(self.forms[domain].headers)

    def first_dose(self) -> tuple[str, str]:
        """Table and variable of the date of first dose: EX, else what DM says of it; ("", "") when nothing does."""
        if self.has("EX", "EXSTDTC"):
            return "ex", "EXSTDTC"
        dated = [name for name in ("RFXSTDTC", "RFSTDTC") if self.has("DM", name)]
        filled = [name for name in dated if self.forms["DM"].cells[name].ne("").any()]
        return ("dm", filled[0]) if filled else ("", "")

    def participants(self) -> pd.Series:
        """The subjects of DM that have an arm."""
        dm = self.forms["DM"].cells
        return dm["USUBJID"][dm["ARM"].isin(list(self.arms))]


def is_sdtm(forms: Sequence[Form]) -> bool:
    """Whether a form is the domain DM of the standard."""
    return "DM" in _domains(forms)


def look_at_sdtm(forms: Sequence[Form]) -> Sdtm:
    """What the standard's names say; raises ProposalError when DM has fewer than two arms."""
    domains = _domains(forms)
    dm = domains["DM"].cells
    counts = dm["ARM"].value_counts()
    arms = {str(arm): int(n) for arm, n in counts.sort_index().items() if str(arm).lower() not in NO_ARM}
    if len(arms) < 2:
        raise ProposalError(f"DM has {len(arms)} arm(s) in ARM ({', '.join(arms)}): there is nothing to compare.")
    others = [str(arm) for arm in counts.index if str(arm) and str(arm) not in arms]
    randomized = set(dm["USUBJID"][dm["ARM"].isin(list(arms))])
    visits, passed = _visits(domains, randomized)
    found = Sdtm(domains, arms, reference_of(list(arms))[0], others, visits, passed)
    found.tests = [test for domain in OUTCOMES if domain in domains for test in _tests(domains[domain], domain, found)]
    if any(test.domain != "VS" for test in found.tests):
        found.tests = [test for test in found.tests if test.domain != "VS"]
    found.findings = list(sdtm_findings(found))
    found.doses = look_at_doses(domains["EX"], "ex") if "EX" in domains else None
    found.medication = look_at_medication(domains["CM"], "cm") if "CM" in domains else None
    if "ACTARM" in dm:
        found.moved = int((dm["ARM"].isin(list(arms)) & (dm["ARM"] != dm["ACTARM"])).sum())
    _dispose(found)
    return found


def _domains(forms: Sequence[Form]) -> dict[str, Form]:
    """Domain -> form; a data set that is split stands under its own name too."""
    found = {}
    for form in forms:
        if {"STUDYID", "DOMAIN", "USUBJID"} <= set(form.headers):
            domain = str(form.cells["DOMAIN"].iloc[0])
            found[domain if domain not in found else form.id.upper()] = form
    return found if "DM" in found and "ARM" in found["DM"].headers else {}


def _visits(domains: Mapping[str, Form], randomized: set[str]) -> tuple[list[Visit], list[str]]:
    """Planned visits by VISITDY (day 1 is first dose), and the labels that are passed over."""
    seen = _seen(domains, randomized)
    rows = {str(label): (len(part), int(part["day"].median())) for label, part in seen.groupby("label")}
    before = {label: day for label, (_, day) in rows.items() if day <= 1}
    named = [label for label in before if "baseline" in label.lower()]
    start = named[0] if named else max(before, key=lambda label: before[label], default="Baseline")
    kept: list[tuple[int, str, int]] = []
    for label, (n, day) in sorted(rows.items(), key=lambda item: -item[1][0]):
        if day > 1 and all(abs(day - other) > NEAR for other, _, _ in kept):
            kept.append((day, label, n))
    kept.sort()
    ids: list[str] = []
    first = min([*before.values(), -27]) - 1
    visits = [Visit("baseline", "Baseline", 0, (first, 0), True, f"VISIT {start}", start)]
    for place, (day, label, n) in enumerate(kept):
        low = 1 if not place else (kept[place - 1][0] + day) // 2
        high = (day + kept[place + 1][0]) // 2 - 1 if place + 1 < len(kept) else day - 1 + (day - low)
        ids.append(identifier(label.lower(), "visit", [*ids, "baseline"]))
        why = f"VISITDY {day}, {n} patients"
        visits.append(Visit(ids[-1], label.title(), day - 1, (low, high), False, why, label))
    known = {start, *(label for _, label, _ in kept)}
    return visits, [label for label in rows if label not in known]


def _seen(domains: Mapping[str, Form], randomized: set[str]) -> pd.DataFrame:
    """One row per patient and visit with a planned day, over all domains with visits.

    Where no domain has VISITDY, days are those of the records (--DY), of the visits that many patients have.
    """
    import pandas as pd

    is_planned = any({"VISIT", "VISITDY"} <= set(form.headers) for form in domains.values())
    parts = []
    for domain, form in domains.items():
        day = "VISITDY" if is_planned else f"{domain[:2]}DY"
        if {"VISIT", day} <= set(form.headers):
            cells = form.cells[form.cells["USUBJID"].isin(randomized)]
            parts.append(pd.DataFrame({"who": cells["USUBJID"], "label": cells["VISIT"], "day": cells[day]}))
    if not parts:
        raise ProposalError("No data set has VISIT and VISITDY (or --DY), so that no visits can be proposed.")
    seen = pd.concat(parts).drop_duplicates(["who", "label"])
    seen = seen.assign(day=pd.to_numeric(seen["day"], errors="coerce")).dropna(subset=["day"])
    people = seen.groupby("label")["who"].transform("nunique")
    return seen if is_planned else seen[(seen["label"] != "") & people.ge(FEWEST * len(randomized))]


def _tests(form: Form, domain: str, found: Sdtm) -> Iterator[Test]:
    code, name, value = f"{domain}TESTCD", f"{domain}TEST", f"{domain}STRESN"
    if not {code, name, value, f"{domain}DTC", "VISIT"} <= set(form.headers):
        return
    randomized = found.participants()
    cells = form.cells[form.cells["USUBJID"].isin(randomized) & (form.cells[value] != "")]
    category = cells[f"{domain}CAT"] if f"{domain}CAT" in cells else cells[code]
    alone = cells.groupby(category)[code].nunique()
    for (test, title), rows in cells.groupby([code, name], sort=True):
        group = category[rows.index].iloc[0]
        several = rows.groupby("USUBJID")[f"{domain}DTC"].nunique()
        if int((several > 1).sum()) < FEWEST * len(randomized):
            continue
        if domain != "VS" and not TOTAL.search(str(title)) and alone[group] > 1:
            continue
        people = rows.groupby("VISIT")["USUBJID"].nunique()
        usual = tuple(visit.id for visit in found.visits if people.get(visit.written, 0) >= FEWEST * len(several))
        yield Test(
            domain=domain,
            code=str(test),
            name=str(title),
            category=str(group),
            unit=_commonest(rows, f"{domain}STRESU"),
            people=len(several),
            has_baseline=_early(rows, domain),
            timepoint=_commonest(rows, f"{domain}TPT", fewest=2),
            visits=usual,
        )


def _commonest(rows: pd.DataFrame, name: str, fewest: int = 1) -> str:
    """The commonest text of a column that has ``fewest`` different ones; "" otherwise."""
    filled = rows[name][rows[name] != ""] if name in rows else None
    if filled is None or filled.nunique() < fewest:
        return ""
    return str(filled.value_counts().index[0])


def _early(rows: pd.DataFrame, domain: str) -> bool:
    """Whether a third of the patients have a value on or before day 1."""
    import pandas as pd

    day = pd.to_numeric(rows[f"{domain}DY"] if f"{domain}DY" in rows else rows["VISITDY"], errors="coerce")
    return rows["USUBJID"][day <= 1].nunique() >= rows["USUBJID"].nunique() / 3


def _dispose(found: Sdtm) -> None:
    if not found.has("DS", "DSDECOD", "DSSTDTC"):
        return
    ds = found.forms["DS"].cells
    events = ds[ds["DSCAT"].str.upper() == "DISPOSITION EVENT"] if "DSCAT" in ds else ds
    found.disposition = {str(term): int(n) for term, n in events["DSDECOD"].value_counts().sort_index().items() if term}
    found.several_ends = bool(events["USUBJID"].duplicated().any())
    milestones = ds["DSDECOD"][ds["DSDECOD"].str.upper() == "RANDOMIZED"]
    found.randomized = str(milestones.iloc[0]) if len(milestones) else ""
