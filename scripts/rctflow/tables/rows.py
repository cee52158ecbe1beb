"""Finding and wording the result rows that a table prints."""

from __future__ import annotations

from rctflow.display import Display, digits_of, words_of
from rctflow.hypotheses import is_tested
from rctflow.results import SIGNS, Found, Result, compared_arms, is_ratio, scale_of
from rctflow.rounding import MISSING, interval, p_value, rounded
from rctflow.tables.table import Cell, Table, cell_of

P, NOMINAL_P = "p, nominal unless marked", "Nominal p"
SHIFT = "hodges_lehmann_"
"""How the statistics of the Hodges-Lehmann shift begin."""
TEST, TESTED = " (primary test)", " (confirmatory)"
WINS = "Win probability: above 0.5 patients of the arm named first do better, be higher or lower values better."


def contrast_words(contrast: str, settings: Display) -> str:
    """``msc - placebo`` as ``MSC − placebo``, with the arms' labels."""
    mark = " − " if scale_of(contrast) == "difference" else SIGNS[scale_of(contrast)]
    return mark.join(words_of(arm, settings.arms) for arm in compared_arms(contrast))


def comparison_kind(contrast: str, main: Found) -> str:
    """What a comparison is called."""
    if scale_of(contrast) == "win":
        return "Win probability"
    if not is_ratio(contrast):
        return "Difference"
    units = (row.unit for row in main.values() if row.contrast == contrast and row.statistic == "estimate")
    return next((unit for unit in units if unit), "ratio").capitalize()


def unit_words(settings: Display) -> str:
    """The unit of the endpoint after a comma, for a head; "" for none."""
    return f", {settings.unit}" if settings.unit else ""


def count_cell(row: Result | None) -> Cell:
    """A number of patients."""
    return cell_of(rounded(row.value if row else None, 0), [row])


def spread_cell(mean: Result | None, sd: Result | None, settings: Display) -> Cell:
    """``mean (SD)`` on the endpoint's scale."""
    if mean is None or mean.value is None:
        return cell_of(MISSING, [mean, sd])
    text = rounded(mean.value, settings.digits)
    text += f" ({rounded(sd.value if sd else None, settings.digits)})"
    return cell_of(text, [mean, sd])


def quartiles_cell(found: Found, visit: str, who: str, settings: Display) -> Cell:
    """``median [Q1, Q3]`` on the endpoint's scale."""
    rows = [found.get((visit, who, name)) for name in ("median", "q1", "q3")]
    median, q1, q3 = (rounded(row.value if row else None, settings.digits) for row in rows)
    return cell_of(MISSING if median == MISSING else f"{median} [{q1}, {q3}]", rows)


def interval_cell(found: Found, visit: str, who: str, statistic: str, settings: Display, ends: str = "ci") -> Cell:
    """``value (low to high)`` of a mean or a contrast; words when it is not estimable. ends: name of the interval."""
    row, low, high = (found.get((visit, who, name)) for name in (statistic, f"{ends}_low", f"{ends}_high"))
    if row is None:
        return cell_of(MISSING, [])
    if row.value is None:
        return cell_of("failed" if row.status == "failed" else "not estimable", [row, low, high])
    digits = digits_of(row, settings.digits)
    limits = interval(low.value if low else None, high.value if high else None, digits)
    return cell_of(f"{rounded(row.value, digits)} ({limits})", [row, low, high])


def confirmatory(row: Result, settings: Display) -> bool:
    """Whether a p-value is a test of the trial: it belongs to a confirmatory family.

    Without such a family: primary analysis, main population, primary visit of a primary endpoint; the p-values of its
    further methods are not. With more than two arms there are several such comparisons and, without a declared
    procedure, none is the test.
    """
    if settings.tested is not None:
        return is_tested(row, settings.tested, settings.arms[0].id)
    where = (row.population, row.visit) == (settings.main_population, settings.primary_visit)
    return (
        where
        and row.statistic == "p_value"
        and row.role == "primary"
        and settings.role == "primary"
        and len(settings.arms) == 2
    )


def p_cell(row: Result | None, settings: Display) -> Cell:
    """A p-value, marked when it is the trial's test."""
    if row is None or row.value is None:
        return cell_of(MISSING, [row])
    mark = TEST if settings.tested is None else TESTED
    return cell_of(p_value(row.value) + (mark if confirmatory(row, settings) else ""), [row])


def nominal_once(table: Table) -> Table:
    """The head of the last column says that all its p-values are nominal when none of them is the trial's test."""
    if not any(line[-1].text.endswith((TEST, TESTED)) for line in table.lines):
        table.heads = (*table.heads[:-1], NOMINAL_P)
    return table


def visit_said_once(table: Table, elsewhere: str = " at their primary visits") -> Table:
    """The visit goes from the second column to the caption when all lines have the same; else ``elsewhere`` does."""
    visits = {line[1].text for line in table.lines}
    if len(visits) != 1:
        table.caption += elsewhere
        return table
    table.caption += f" at {visits.pop()}"
    table.heads = (table.heads[0], *table.heads[2:])
    table.lines = [[line[0], *line[2:]] for line in table.lines]
    return table
