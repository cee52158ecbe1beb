"""Every model under five changes of the data that must not matter, or must matter in a known way.

DECLARED says what each change does to each model. Each cell is proved here, and the table in docs/models.md is this
declaration, printed: ``PYTHONPATH=scripts python -m tests.unit.models.test_symmetries`` writes it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from rctflow.models.registry import MODELS
from rctflow.results import compared_arms, is_ratio, scale_of

from tests.conftest import ROOT
from tests.fit_cases import fitted
from tests.model_cases import ARMS, Case, case_of, rescaled_limits

COLUMNS = {
    "swap": "swap the arms",
    "constant": "add a constant",
    "rows": "permute the rows",
    "rename": "rename the arms",
    "unit": "scale the unit",
}
TURNS, INVERTS, COMPLEMENT, ARMS_ALONE = (
    "differences turn",
    "ratios invert",
    "1 minus it",
    "rows of the arms change place",
)
NOTHING = "nothing"
MOVES = "levels move, comparisons stay"
SCALES, LEVELS_SCALE = "estimates and SE scale", "levels scale, comparisons stay"
NO_CONSTANT = {
    "zero_one": "n/a: the values are 0 and 1",
    "counts": "n/a: counts begin at 0",
    "times": "n/a: times begin at 0",
    "log": "n/a: of a logarithm (without: levels move)",
}
NO_UNIT = NO_CONSTANT["zero_one"]
ALWAYS = {"rows": NOTHING, "rename": NOTHING}
MEANS = {"swap": TURNS, "constant": MOVES, "unit": SCALES}
DECLARED: dict[str, dict[str, str]] = {
    "ancova": MEANS,
    "mmrm": MEANS,
    "binary": {"swap": TURNS, "constant": NO_CONSTANT["zero_one"], "unit": NO_UNIT},
    "responder": {"swap": TURNS, "constant": NOTHING, "unit": NOTHING},
    "censored": {"swap": INVERTS, "constant": NO_CONSTANT["log"], "unit": LEVELS_SCALE},
    "wilcoxon": {"swap": COMPLEMENT, "constant": MOVES, "unit": LEVELS_SCALE},
    "cmh": {"swap": ARMS_ALONE, "constant": NOTHING, "unit": NOTHING},
    "proportional_odds": {"swap": INVERTS, "constant": NOTHING, "unit": NOTHING},
    "gee": MEANS,
    "gee_logit": {"swap": INVERTS, "constant": NO_CONSTANT["zero_one"], "unit": NO_UNIT},
    "counts": {"swap": INVERTS, "constant": NO_CONSTANT["counts"], "unit": LEVELS_SCALE},
    "time_to_event": {"swap": INVERTS, "constant": NO_CONSTANT["times"], "unit": LEVELS_SCALE},
    "paired_change": {"swap": ARMS_ALONE, "constant": NOTHING, "unit": SCALES},
    "descriptive": {"swap": ARMS_ALONE, "constant": MOVES, "unit": SCALES},
}
DECLARED = {model: {column: (cells | ALWAYS)[column] for column in COLUMNS} for model, cells in DECLARED.items()}
CELLS = [
    (model, column) for model, row in DECLARED.items() for column, cell in row.items() if not cell.startswith("n/a")
]

LOCATIONS = ("lsmean", "mean", "median", "q1", "q3", "min", "max", "ci_low", "ci_high")
SPREADS = ("se", "sd", "change_sd", "within_arm_change", "change_mean", "change_median", "change_q1", "change_q3")
SPREADS += ("change_min", "change_max", "change_ci_low", "change_ci_high")
LIKELIHOOD = ("minus2_log_likelihood", "aic", "aicc", "bic", "gradient_norm", "iterations", "condition")
"""What a maximum is made of: another unit changes it, and where a search stops depends on last bits."""
CONSTANT, FACTOR = 7.0, 2.5
Rows = dict[tuple[str, str, str], float | None]


def found(case: Case) -> Rows:
    """(visit, who, statistic) -> value."""
    rows = fitted(case.adsl, case.bds, case.fit)
    return {(row.visit, row.contrast or row.group, row.statistic): row.value for row in rows}


def agree(one: Rows, other: Rows, leave: tuple[str, ...] = ()) -> None:
    """The same statistics with the same values, to a part in 10^6."""
    assert set(one) == set(other)
    for key, value in one.items():
        if key[2] not in leave:
            close(other[key], value, key)


def close(one: float | None, other: float | None, key: object, rel: float = 1e-6, small: float = 1e-9) -> None:
    """Equal but for rounding, or both without a value."""
    assert (one is None) == (other is None), key
    if other is not None:
        assert one == pytest.approx(other, rel=rel, abs=small), key


def swapped(case: Case) -> Case:
    """Each patient in the other arm."""
    other = dict(zip(ARMS, reversed(ARMS), strict=True))
    columns = {name: case.adsl[name].map(other) for name in ("TRT01P", "TRT01A")}
    return replace(case, adsl=case.adsl.assign(**columns))


def mirrored(statistic: str, who: str, rows: Rows, visit: str) -> float | None:
    """What a statistic of a comparison becomes when the arms change place."""
    prefix, end = next(
        ((statistic.removesuffix(e), e) for e in ("ci_low", "ci_high", "estimate") if statistic.endswith(e)),
        ("", statistic),
    )
    if end in ("z", "t") or statistic.endswith(("_z", "_t")):
        value = rows[visit, who, statistic]
        return None if value is None else -value
    opposite = {"ci_low": "ci_high", "ci_high": "ci_low"}.get(end, end)
    value = rows[visit, who, prefix + opposite]
    if value is None or end not in ("ci_low", "ci_high", "estimate"):
        return rows[visit, who, statistic]
    if is_ratio(who):
        return 1 / value if value else None
    return 1 - value if scale_of(who) == "win" and not prefix else -value


def swap(model: str) -> None:
    """Rows of the arms change place; comparisons are those of the other side."""
    before, after = found(case_of(model)), found(swapped(case_of(model)))
    other = dict(zip(ARMS, reversed(ARMS), strict=True))
    assert set(before) == {(visit, other.get(who, who), statistic) for visit, who, statistic in after}
    for (visit, who, statistic), value in before.items():
        if who in other:
            close(after[visit, other[who], statistic], value, (visit, who, statistic), 1e-5, 1e-8)
        elif who and statistic not in LIKELIHOOD:
            close(mirrored(statistic, who, after, visit), value, (visit, who, statistic), 1e-5, 1e-7)
    estimates = [(who, v, after[key]) for key, v in before.items() if (who := key[1]) and key[2] == "estimate"]
    effect = {TURNS: lambda x: -x, INVERTS: lambda x: 1 / x, COMPLEMENT: lambda x: 1 - x}
    if DECLARED[model]["swap"] == ARMS_ALONE:
        assert not estimates
        return
    assert estimates and all(compared_arms(who) == ["msc", "placebo"] for who, _, _ in estimates)
    for _, value, new in estimates:
        assert new == pytest.approx(effect[DECLARED[model]["swap"]](value), rel=1e-5, abs=1e-8)
        assert abs(value - {TURNS: 0, INVERTS: 1, COMPLEMENT: 0.5}[DECLARED[model]["swap"]]) > 1e-3


def moved(model: str) -> tuple[Case, Case]:
    """The case, of values instead of changes where means are compared, and with a constant added to every value."""
    case = case_of(model)
    if model in ("ancova", "mmrm", "gee"):
        plan = replace(case.fit.analyses["primary"], outcome="value")
        case = replace(case, fit=replace(case.fit, analyses={"primary": plan}))
    return case, case.with_values(lambda value: value + CONSTANT)


def constant(model: str) -> None:
    """Locations move by the constant, or nothing changes."""
    one, other = (found(case) for case in moved(model))
    if model == "cmh":
        other = {(v, who, _level(s, -CONSTANT)): value for (v, who, s), value in other.items()}
    locations = LOCATIONS if DECLARED[model]["constant"] == MOVES else ()
    expected = {
        key: value + CONSTANT if value is not None and key[1] in ARMS and key[2] in locations else value
        for key, value in one.items()
    }
    agree(expected, other, LIKELIHOOD)
    assert (expected == one) == (not locations)


def _level(statistic: str, constant: float = 0.0, factor: float = 1.0) -> str:
    """``n:4`` as ``n:<4 * factor + constant>``: the name of a level of the outcome."""
    kind, colon, level = statistic.partition(":")
    return f"{kind}:{float(level) * factor + constant:g}" if colon else statistic


def rows(model: str) -> None:
    """Nothing changes."""
    case, rng = case_of(model), np.random.default_rng(3)
    mixed = replace(
        case,
        adsl=case.adsl.iloc[rng.permutation(len(case.adsl))].reset_index(drop=True),
        bds=case.bds.iloc[rng.permutation(len(case.bds))].reset_index(drop=True),
    )
    agree(found(case), found(mixed))


def rename(model: str) -> None:
    """Nothing changes but the names, although their alphabetical order does."""
    case, names = case_of(model), {"placebo": "zeta", "msc": "alpha"}
    columns = {name: case.adsl[name].map(names) for name in ("TRT01P", "TRT01A")}
    other = replace(
        case, adsl=case.adsl.assign(**columns), fit=replace(case.fit, arms=("zeta", "alpha"), reference="zeta")
    )
    back = {}
    for (visit, who, statistic), value in found(other).items():
        back[visit, who.replace("zeta", "placebo").replace("alpha", "msc"), statistic] = value
    agree(found(case), back, LIKELIHOOD)


def rescaled(model: str) -> Case:
    """Values, limits, thresholds and exposures in another unit."""
    case = case_of(model)
    if model == "counts":
        return replace(case, adsl=case.adsl.assign(TIME=case.adsl["TIME"] * FACTOR))
    if model == "responder":
        plan = replace(case.fit.analyses["primary"], options={"at_least": 2.0 * FACTOR})
        case = replace(case, fit=replace(case.fit, analyses={"primary": plan}))
    other = case.with_values(lambda value: value * FACTOR)
    return replace(other, bds=other.bds.assign(AVALC=rescaled_limits(other.bds, FACTOR)))


def unit(model: str) -> None:
    """What is measured in the unit scales; ratios, probabilities, statistics and p-values stay."""
    one, other = found(case_of(model)), found(rescaled(model))
    cell = DECLARED[model]["unit"]
    if model == "cmh":
        other = {(v, who, _level(s, factor=1 / FACTOR)): value for (v, who, s), value in other.items()}
    if model == "time_to_event":  # numbers at risk are told at round times, which other units have elsewhere
        one = {k: v for k, v in one.items() if k[2].partition(":")[0] != "at_risk"}
        other = {
            (v, who, _level(s, factor=1 / FACTOR)): value
            for (v, who, s), value in other.items()
            if s.partition(":")[0] != "at_risk"
        }
        assert any(k[2].startswith("survival:") for k in one)
    expected = {key: value if value is None else value * _factor(model, *key[1:], cell) for key, value in one.items()}
    agree(expected, other, LIKELIHOOD)
    assert (expected == one) == (cell == NOTHING)
    effects = [key for key in one if key[2] in ("estimate", "within_arm_change", "sd")]
    assert any(expected[key] != one[key] for key in effects) == (cell == SCALES)


def _factor(model: str, who: str, statistic: str, cell: str) -> float:
    if cell == NOTHING:
        return 1.0
    if model == "counts":
        return {"rate": 1 / FACTOR, "exposure": FACTOR}.get(statistic, 1.0)
    if who in ARMS:
        return FACTOR if statistic in (*LOCATIONS, *(SPREADS if model != "censored" else ())) else 1.0
    if statistic.startswith("hodges_lehmann_"):
        return FACTOR
    scales = statistic in ("estimate", "se", "ci_low", "ci_high") and cell == SCALES and not is_ratio(who)
    return FACTOR if scales else 1.0


PROOFS: dict[str, Callable[[str], None]] = {
    "swap": swap,
    "constant": constant,
    "rows": rows,
    "rename": rename,
    "unit": unit,
}


@pytest.mark.parametrize(("model", "column"), CELLS)
def test_each_cell_of_the_table(model, column):
    PROOFS[column](model)


def test_every_model_of_the_registry_is_declared():
    assert list(DECLARED) == list(MODELS)


def table() -> str:
    """DECLARED as the table of docs/models.md."""
    lines = [f"| model | {' | '.join(COLUMNS.values())} |", "|---" * (len(COLUMNS) + 1) + "|"]
    lines += [f"| `{model}` | {' | '.join(cells.values())} |" for model, cells in DECLARED.items()]
    return "\n".join(lines) + "\n"


BEGIN, END = "<!-- symmetries: tests/unit/models/test_symmetries.py -->\n", "<!-- end of symmetries -->\n"
DOCS = ROOT / "docs/models.md"


def test_the_table_of_the_docs_is_this_declaration():
    text = DOCS.read_text(encoding="utf-8")
    assert text.partition(BEGIN)[2].partition(END)[0] == table()


if __name__ == "__main__":
    before, _, rest = DOCS.read_text(encoding="utf-8").partition(BEGIN)
    DOCS.write_text(before + BEGIN + table() + END + rest.partition(END)[2], encoding="utf-8")
