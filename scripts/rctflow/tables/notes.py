"""What stands below the table of an endpoint: population, comparison, direction, methods, what was not measured."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rctflow.display import Display, not_measured_words, words_of
from rctflow.results import AVERAGE, WIN, Found, Result, contrasts_of
from rctflow.rounding import p_value, rounded
from rctflow.tables.rows import SHIFT, WINS, comparison_kind, contrast_words, interval_cell

NOMINAL = "Nominal p-values are not adjusted for multiplicity and test no hypothesis of the trial."
MARKED = "Those marked confirmatory are unadjusted here; their family's table has the adjusted ones and the decisions."


def notes_of(main: Found, settings: Display, modelled: bool) -> list[str]:
    """Population, comparison, direction and methods, for the foot of a table."""
    better = f"{settings.direction.capitalize()} values are better for the patient."
    if settings.mcid is not None:
        unit = f" {settings.unit}" if settings.unit else ""
        better += (
            f" Smallest difference that patients notice, as declared: {rounded(settings.mcid, settings.digits)}{unit}."
        )
    if not modelled:
        return [f"Population: {words_of(settings.main_population, settings.populations)}. {better}"]
    randomized = [(arm.label, main.get(("", arm.id, "n_randomized"))) for arm in settings.arms]
    counts = ", ".join(f"{rounded(row.value, 0)} to {label}" for label, row in randomized if row)
    contrasts = contrasts_of(main.values())
    population = f"Population: {words_of(settings.main_population, settings.populations)}"
    population += f"; randomized: {counts}." if counts else "."
    kinds = dict.fromkeys(comparison_kind(contrast, main) for contrast in contrasts)
    compared = "; ".join(contrast_words(contrast, settings) for contrast in contrasts)
    notes = [population, *([f"{' and '.join(kinds)}: {compared}. {better}"] if contrasts else [better])]
    notes += [WINS] * any(row.unit == WIN for row in main.values())
    notes += _over_visits(main, settings)
    notes += [f"Method: {method}." for method in _methods(main.values())]
    return [*notes, nominal_words(settings)]


def nominal_words(settings: Display) -> str:
    """What a p-value of this endpoint means that carries no mark, and one that does."""
    return f"{NOMINAL} {MARKED}" if settings.tested else NOMINAL


def not_measured_notes(rows: Sequence[Result], settings: Display) -> list[str]:
    """What stands for values that were not measured, for the foot of a table."""
    arms = {arm.id: arm.label for arm in settings.arms}
    return not_measured_words(rows, settings.main_population, arms, settings.not_measured)


def _over_visits(main: Found, settings: Display) -> Iterator[str]:
    """The comparison averaged over the visits, and the test of whether it varies between them, where there are some."""
    for visit, contrast, statistic in main:
        if (visit, statistic) == (AVERAGE, "estimate"):
            estimate = interval_cell(main, visit, contrast, "estimate", settings).text
            p = p_value(main[visit, contrast, "p_value"].value)
            yield f"{contrast_words(contrast, settings)}, averaged over the visits: {estimate}; nominal p = {p}."
    test = main.get(("", "", "arm_by_visit_p_value"))
    if test and test.value is not None:
        yield f"Arm by visit (whether the difference varies between the visits): nominal p = {p_value(test.value)}."


def _methods(rows: Iterable[Result]) -> list[str]:
    """The methods of LS means and comparisons, in their order, each once."""
    return list(
        dict.fromkeys(
            row.method
            for row in rows
            if row.statistic in ("lsmean", "proportion", "estimate", SHIFT + "estimate") and row.method
        )
    )
