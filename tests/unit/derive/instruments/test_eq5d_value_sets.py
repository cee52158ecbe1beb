"""EQ-5D value sets by slow paths that share nothing with the engine but the published numbers."""

import itertools
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from rctflow.derive.instruments import load_instrument, score
from scipy.optimize import least_squares

DIMENSIONS = ["MO", "SC", "UA", "PD", "AD"]
STATES = ["".join(state) for state in itertools.product("123", repeat=5)]
METHODS = {  # ours -> the reference's (version, type)
    "5L valuation": ("EQ-5D-5L", "VT"),
    "3L TTO": ("EQ-5D-3L", "TTO"),
    "3L VAS": ("EQ-5D-3L", "VAS"),
    "5L through the 3L crosswalk": ("EQ-5D-5L", "CW"),
    "3L through the reverse crosswalk": ("EQ-5D-3L", "RCW"),
    "Y-3L valuation": ("EQ-5D-Y-3L", "IVP"),
}
NOT_IN_THE_INDEX = {"China_Zhuo2018", "China_Liu2014_crosswalk", "China_Zhuo2018_crosswalk"}


@pytest.fixture
def scoring(shared: Path) -> Path:
    return shared / "reference" / "scoring"


def index_of(instrument: str, value_set: str, states: list[str]) -> pd.Series:
    """The index of each profile, by the engine."""
    items = pd.DataFrame([[float(level) for level in state] for state in states], columns=DIMENSIONS)
    return score(load_instrument(instrument), items, {"value_set": value_set}, ["INDEX"])["INDEX"].set_axis(states)


def levels(state: str) -> set[str]:
    return {dimension + level for dimension, level in zip(DIMENSIONS, state, strict=True)}


@pytest.fixture
def australia_by_coefficients(scoring: Path) -> dict[str, float]:
    """Viney 2011 without the correction of 22 states: constant, main effects, interactions of two severe levels."""
    table = pd.read_csv(scoring / "eq5d_coef_TTO.csv", index_col=0)["Australia"].dropna()
    terms = {frozenset([name[:3], name[3:]]) - {""}: value for name, value in table.iloc[2:].items()}
    problem = table["AtLeastOne2Or3"]
    return {
        state: 1 + problem * (state != "11111") + sum(v for term, v in terms.items() if term <= levels(state))
        for state in STATES
    }


def inconsistent(values: dict[str, float]) -> list[tuple[str, str]]:
    """Pairs (state, the same state one level worse in one dimension) where the worse one has the higher value."""
    pairs = []
    for state, place in itertools.product(STATES, range(5)):
        worse = state[:place] + str(int(state[place]) + 1) + state[place + 1 :]
        if worse in values and values[worse] > values[state] + 1e-9:
            pairs.append((state, worse))
    return pairs


def test_australian_states_that_contradict_their_severity_meet_in_the_middle(
    australia_by_coefficients: dict[str, float],
) -> None:
    """Each takes the mean of its pair, and the lowest of several means, within the rounding of three decimals."""
    plain = australia_by_coefficients
    shipped = index_of("eq5d3l", "Australia_Viney2011", STATES)
    pairs = inconsistent(plain)
    means: dict[str, list[float]] = {}
    for pair in pairs:
        for state in pair:
            means.setdefault(state, []).append((plain[pair[0]] + plain[pair[1]]) / 2)
    assert (len(pairs), len(means)) == (13, 22)
    for state in STATES:
        if state in means:
            assert shipped[state] == pytest.approx(min(means[state]), abs=0.0005 + 1e-9), state
        else:
            assert shipped[state] == pytest.approx(plain[state], abs=1e-9), state
    assert inconsistent(dict(shipped)) == []


@pytest.fixture
def crosswalked(scoring: Path) -> Callable[[str], pd.Series]:
    """The crosswalk of van Hout 2012 by its definition: the mean of the 3L values under the 15 x 5 probabilities."""
    chances = pd.read_csv(scoring / "eq5d_crosswalk_vanhout2012_probs.csv", index_col=0).to_numpy().reshape(5, 3, 5)

    def crosswalk(value_set: str) -> pd.Series:
        values = index_of("eq5d3l", value_set, STATES).to_numpy().reshape([3] * 5)
        for dimension in chances:  # each pass turns the first axis (3L) into the last one (5L)
            values = np.tensordot(values, dimension, axes=(0, 0))
        return pd.Series(values.ravel(), ["".join(profile) for profile in itertools.product("12345", repeat=5)])

    return crosswalk


def test_crosswalk_probabilities_give_the_vectors(scoring: Path, crosswalked: Callable[[str], pd.Series]) -> None:
    vectors = pd.read_csv(scoring / "vectors" / "eq5d5l_crosswalk_china_3125.csv", dtype={"profile": str})
    columns = {"UK_Dolan1997": "UK_xw_full", "China_Liu2014": "China_xw_Liu2014", "China_Zhuo2018": "China_xw_Zhuo2018"}
    for value_set, column in columns.items():
        ours = crosswalked(value_set).round(6)[vectors["profile"]]
        np.testing.assert_allclose(ours, vectors[column], atol=1e-12, rtol=0, err_msg=column)


def test_published_crosswalk_tables_are_their_probabilities_but_for_four(
    root: Path, crosswalked: Callable[[str], pd.Series]
) -> None:
    """Within the rounding of values and probabilities, except four tables, which are shipped as published."""
    shipped = pd.read_csv(
        root / "workflow" / "instruments" / "eq5d5l_crosswalks.csv", comment="#", dtype={"profile": str}
    ).set_index("profile")
    valued = [name for name in load_instrument("eq5d3l").options["value_set"].choices if "_VAS" not in name]
    apart = {}
    for column in shipped:
        name = column.removesuffix("_crosswalk")
        value_set = next(known for known in valued if known == name or known.split("_")[0] == name)
        apart[name] = (crosswalked(value_set) - shipped[column]).abs().max()
    exceptions = {"Jordan": 0.0123, "Russia": 0.0018, "USA": 0.00087, "Zimbabwe": 0.1}
    assert {name: apart.pop(name) for name in exceptions} == pytest.approx(exceptions, rel=0.01)
    assert len(apart) == 11 and max(apart.values()) < 0.00055


def transitions(model: pd.DataFrame, state: str) -> list[list[float]]:
    """Per dimension, the probabilities of the five levels of the 5L given the 3L profile."""
    rows = []
    present = [f"{d}={level}" for d, level in zip(DIMENSIONS, state, strict=True) if level != "1"]
    for dimension in DIMENSIONS:
        shift = sum(model.loc[term, dimension] for term in present)
        below = [1 / (1 + math.exp(shift - model.loc[f"level<={k}", dimension])) for k in range(1, 5)]
        rows.append([b - a for a, b in itertools.pairwise([0.0, *below, 1.0])])
    return rows


def test_reverse_crosswalks_are_the_model_of_van_hout_and_shaw(root: Path) -> None:
    """Every column is the mean of the 5L values under the ordered logits, of all 49 sets and all 243 states."""
    model = pd.read_csv(root / "tests" / "reference" / "scoring" / "reverse_crosswalk_model.csv", index_col="term")
    profiles = ["".join(profile) for profile in itertools.product("12345", repeat=5)]
    sets = [name for name in load_instrument("eq5d5l").options["value_set"].choices if not name.endswith("_crosswalk")]
    values = np.column_stack([index_of("eq5d5l", name, profiles) for name in sets])
    shipped = pd.read_csv(
        root / "workflow" / "instruments" / "eq5d3l_reverse_crosswalks.csv", comment="#", dtype={"profile": str}
    ).set_index("profile")
    assert list(shipped) == [f"{name}_reverse_crosswalk" for name in sets]
    assert list(shipped.index) == STATES
    assert shipped.max().max() < 1
    assert shipped.loc["11111", "China_Luo2017_reverse_crosswalk"] == pytest.approx(0.9855, abs=5e-5)
    for state in STATES:
        probability = np.ones(1)
        for row in transitions(model, state):
            probability = np.outer(probability, row).ravel()
        np.testing.assert_allclose(shipped.loc[state], probability @ values, atol=5.1e-11, rtol=0, err_msg=state)


def test_reverse_crosswalk_model_found_from_one_country_gives_the_others(scoring: Path) -> None:
    """The 70 coefficients from the 122 Chinese values alone, by least squares; then the other four countries."""
    vectors = pd.read_csv(scoring / "vectors" / "eq5d3l_reverse_crosswalk_243.csv", dtype={"profile": str})
    dummies = np.array([[p[d] == level for d in range(5) for level in "23"] for p in vectors["profile"]], dtype=float)
    profiles = ["".join(profile) for profile in itertools.product("12345", repeat=5)]

    def chances(model: np.ndarray) -> np.ndarray:
        thresholds, slopes = np.split(model.reshape(14, 5), [4])
        below = 1 / (1 + np.exp((dummies @ slopes)[:, :, None] - thresholds.T[None]))
        return np.diff(below, axis=2, prepend=0, append=1)

    one_problem = ["1" * d + level + "1" * (4 - d) for d in range(5) for level in "12345"]
    lost = index_of("eq5d5l", "China_Luo2017", one_problem).to_numpy() - 1  # this set is a sum over the dimensions
    start = np.full((14, 5), 0.3)
    start[:4] = np.array([[1.5], [3], [6], [8]])
    start[[4, 6, 8, 10, 12], range(5)], start[[5, 7, 9, 11, 13], range(5)] = 3, 7
    fit = least_squares(
        lambda model: 1 + chances(model).reshape(-1, 25) @ lost - vectors["China"],
        start.ravel(),
        **dict.fromkeys(["xtol", "ftol", "gtol"], 1e-15),
    )
    assert np.abs(fit.fun).max() < 5.1e-11
    parts = np.moveaxis(chances(fit.x), 1, 0)
    others = {"England": "Devlin2018", "USA": "Pickard2019", "Germany": "Ludwig2018", "Netherlands": "Versteegh2016"}
    for country, paper in others.items():
        values = index_of("eq5d5l", f"{country}_{paper}", profiles).to_numpy().reshape([5] * 5)
        mean = np.einsum("abcde,na,nb,nc,nd,ne->n", values, *parts, optimize=True)
        np.testing.assert_allclose(mean, vectors[country], atol=4e-10, rtol=0, err_msg=country)


def test_the_reverse_crosswalk_of_2019_is_another_one(scoring: Path) -> None:
    """The file eq5d_coef_RCW.csv holds EuroQol's table of 2019, which is not that of van Hout & Shaw 2021."""
    table = pd.read_csv(scoring / "eq5d_coef_RCW.csv", index_col=0)
    table.index = table.index.astype(str)
    names = {"England": "Devlin2018", "Germany": "Ludwig2018", "Netherlands": "Versteegh2016", "USA": "Pickard2019"}
    apart = {
        country: (index_of("eq5d3l", f"{country}_{paper}_reverse_crosswalk", STATES) - table[country]).abs().max()
        for country, paper in names.items()
    }
    expected = {"England": 0.143, "Germany": 0.206, "Netherlands": 0.177, "USA": 0.189}
    assert apart == pytest.approx(expected, abs=0.0005)


def test_youth_value_sets(scoring: Path) -> None:
    """China's extra term is for 33333; Indonesia raises the sum of the decrements to a power."""
    table = pd.read_csv(scoring / "eq5d_coef_Y3L.csv", index_col=0)
    names = load_instrument("eq5dy3l").options["value_set"].choices
    by_country = {name.split("_")[0]: name for name in names}
    assert set(by_country) == set(table) and len(names) == 13
    for country, column in table.items():
        known = column.fillna(0)
        lost = [-sum(known.get(level, 0) for level in levels(state)) for state in STATES]
        plain = [1 - loss ** (known["Power"] or 1) for loss in lost]
        slow = [
            value + known["Intercept"] * (state != "11111") + known["A3"] * (state == "33333")
            for value, state in zip(plain, STATES, strict=True)
        ]
        ours = index_of("eq5dy3l", by_country[str(country)], STATES)
        np.testing.assert_allclose(ours, slow, atol=1e-12, rtol=0, err_msg=str(country))
        assert ours.max() == ours["11111"] == 1


def test_sources_agree_with_the_index_of_the_package(root: Path, scoring: Path) -> None:
    """DOI and PubMed number of each set that the index has."""
    ours = pd.read_csv(root / "workflow" / "instruments" / "eq5d_value_set_sources.csv", dtype=str).fillna("")
    index = pd.read_csv(scoring / "eq5d_valuesets_index.csv", dtype=str).fillna("")
    for row in ours.itertuples():
        if row.value_set in NOT_IN_THE_INDEX:
            continue
        version, kind = METHODS[str(row.method)]
        there = index[(index["Version"] == version) & (index["Type"] == kind)]
        there = there[[str(row.value_set).startswith(str(country).split("_")[0]) for country in there["Country"]]]
        assert (row.doi, row.pubmed) in set(zip(there["DOI"].str.rstrip("."), there["PubMed"], strict=True)), row


def test_sets_that_two_packages_hold_with_other_numbers(scoring: Path) -> None:
    """The list of docs/instruments.md; other rows of the files have no counterpart, and CN is another set (Zhuo)."""
    no_counterpart = {"IR", "SI_TTO", "SI_VAS", "AR_VAS", "CN"}
    found = {}
    for version in ("5L", "3L"):
        table = pd.read_csv(scoring / "vectors" / f"eq5d_package_crosscheck_{version}.csv").set_index("eq5dsuite_code")
        apart = table.loc[table["max_abs_diff"] > 0.0009].drop(no_counterpart if version == "3L" else [])
        found[version] = dict(zip(apart["closest_eq5d_name"], apart["max_abs_diff"], strict=True))
    assert found == {
        "5L": pytest.approx({"Germany": 0.02, "Iran": 0.0028, "Netherlands": 0.0018, "Belgium": 0.0016}, rel=0.03),
        "3L": pytest.approx(
            {
                "SriLanka": 0.337,
                "Jordan": 0.101,
                "Sweden": 0.0306,
                "USA": 0.0071,
                "Argentina": 0.004,
                "Australia": 0.001,
            },
            rel=0.03,
        ),
    }
