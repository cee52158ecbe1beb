"""Scores against the outputs of other programs (named in the manifest of the vectors) for all instruments with any."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from rctflow.derive.instruments import load_instrument, score
from scipy import stats

SCALES = ["PF", "RP", "BP", "GH", "VT", "SF", "RE", "MH"]
DIMENSIONS = ["MO", "SC", "UA", "PD", "AD"]


@pytest.fixture
def vectors(shared: Path) -> Path:
    return shared / "reference" / "scoring" / "vectors"


def profiles(table: pd.DataFrame) -> pd.DataFrame:
    """A profile such as 11213 as one column per dimension."""
    return pd.DataFrame([[float(level) for level in str(p)] for p in table["profile"]], columns=DIMENSIONS)


def coded(table: pd.DataFrame, code: str = "unable") -> pd.DataFrame:
    """Blank times as the coded answer that the vectors mean by them."""
    return table.assign(**{f"{name}_CODE": table[name].isna().map({True: code, False: ""}) for name in table})


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_sf36_scales_t_scores_and_summaries(vectors: Path, version: str) -> None:
    table = pd.read_csv(vectors / f"sf36{version}_vectors.csv").rename(columns=_item_id)
    ours = score(load_instrument(f"sf36{version}"), table)
    names = [*SCALES, *[f"{scale}_T" for scale in SCALES], "PCS", "MCS"]
    np.testing.assert_allclose(ours[names], table[names], atol=6e-11, rtol=0, equal_nan=True)
    assert table["PCS"].isna().any()
    assert (ours.loc[ours["PCS"].isna(), "PCS_CODE"].str.contains("scored")).all()


def _item_id(column: str) -> str:
    return column.upper() if column.islower() and column not in ("id", "kind") else column


@pytest.mark.parametrize(("rule", "suffix"), [("any", "any"), ("half", "half")])
def test_rand36_with_both_missing_rules(vectors: Path, rule: str, suffix: str) -> None:
    table = pd.read_csv(vectors / "rand36_vectors.csv").rename(columns=_item_id)
    ours = score(load_instrument("rand36"), table, {"missing_items": rule})
    names = [*SCALES, "HT"]
    np.testing.assert_allclose(
        ours[names], table[[f"{name}_{suffix}" for name in names]], atol=6e-11, rtol=0, equal_nan=True
    )


def test_rand36_peer_that_standardizes_rand_scales_by_the_us1990_norms(vectors: Path) -> None:
    """The peer's PCS is not a RAND score; it is the SF-36 v1 formula on RAND scales, so v1's steps must give it."""
    table = pd.read_csv(vectors / "rand36_vectors.csv").rename(columns=_item_id)
    scales = score(load_instrument("rand36"), table, {"missing_items": "half"})
    steps = {step.place: step.body for step in load_instrument("sf36v1").steps}
    norms = next(body for body in steps.values() if "PF_Z" in body.get("to", []))
    for name in ("PCS", "MCS"):
        weights = next(body["weights"] for body in steps.values() if body.get("to") == name)["us1990"]
        total = sum(weights[f"{s}_Z"] * (scales[s] - norms["subtract"][s]) / norms["divide"][s] for s in SCALES)
        np.testing.assert_allclose(50 + 10 * total, table[f"{name}_rand_recode_us1990"], atol=6e-11, equal_nan=True)


def value_set(instrument_name: str, country: str, method: str = "") -> str:
    """The name of a value set that starts with the peer's name of the country."""
    base, _, variant = country.partition("_")
    if base == "Trinidad":
        base, variant = country, ""
    names = load_instrument(instrument_name).options["value_set"].choices
    if method:
        return f"{country}_{method}"
    year = variant if variant.isdigit() else ""
    found = [
        name
        for name in names
        if (name == country or name.startswith(f"{base}_")) and not name.endswith(("_VAS", "_crosswalk"))
        if name.endswith(year) and (year or not variant or name.endswith(f"_{variant}") or base == country)
        if name != "China_Zhuo2018"
    ]
    assert len(found) == 1, (country, found)
    return found[0]


def test_eq5d5l_every_value_set(vectors: Path) -> None:
    table = pd.read_csv(vectors / "eq5d5l_vt_all_countries_3125.csv")
    countries = list(table.columns.drop("profile"))
    used = set()
    for country in countries:
        name = value_set("eq5d5l", country)
        used.add(name)
        ours = score(load_instrument("eq5d5l"), profiles(table), {"value_set": name}, scores=["INDEX"])
        np.testing.assert_allclose(ours["INDEX"], table[country], atol=1e-9, rtol=0, err_msg=name)
    assert len(used) == len(countries) == 49


def test_eq5d5l_china_by_two_packages(vectors: Path) -> None:
    table = pd.read_csv(vectors / "eq5d5l_china_3125.csv")
    ours = score(load_instrument("eq5d5l"), profiles(table), {"value_set": "China_Luo2017"}, scores=["INDEX"])
    np.testing.assert_allclose(ours["INDEX"], table["China"], atol=1e-12, rtol=0)


def test_eq5d5l_published_crosswalks(vectors: Path) -> None:
    table = pd.read_csv(vectors / "eq5d5l_crosswalk_vanhout2012_3125.csv")
    for country in table.columns.drop("profile"):
        ours = score(load_instrument("eq5d5l"), profiles(table), {"value_set": f"{country}_crosswalk"}, ["INDEX"])
        np.testing.assert_allclose(ours["INDEX"], table[country], atol=1e-12, rtol=0, err_msg=country)


def test_eq5d5l_chinese_crosswalks_from_the_transition_probabilities(vectors: Path) -> None:
    table = pd.read_csv(vectors / "eq5d5l_crosswalk_china_3125.csv")
    for year in ("Liu2014", "Zhuo2018"):
        ours = score(load_instrument("eq5d5l"), profiles(table), {"value_set": f"China_{year}_crosswalk"}, ["INDEX"])
        np.testing.assert_allclose(ours["INDEX"], table[f"China_xw_{year}"], atol=1e-12, rtol=0, err_msg=year)


@pytest.mark.parametrize("method", ["tto", "vas"])
def test_eq5d3l_every_value_set(vectors: Path, method: str) -> None:
    table = pd.read_csv(vectors / f"eq5d3l_{method}_all_countries_243.csv")
    for country in table.columns.drop("profile"):
        name = value_set("eq5d3l", country, "VAS" if method == "vas" else "")
        ours = score(load_instrument("eq5d3l"), profiles(table), {"value_set": name}, scores=["INDEX"])
        np.testing.assert_allclose(ours["INDEX"], table[country], atol=1e-9, rtol=0, err_msg=name)


def test_eq5d3l_reverse_crosswalks(vectors: Path) -> None:
    table = pd.read_csv(vectors / "eq5d3l_reverse_crosswalk_243.csv")
    for country in table.columns.drop("profile"):
        name = f"{value_set('eq5d5l', country)}_reverse_crosswalk"
        ours = score(load_instrument("eq5d3l"), profiles(table), {"value_set": name}, scores=["INDEX"])
        np.testing.assert_allclose(ours["INDEX"], table[country], atol=1.01e-10, rtol=0, err_msg=name)


@pytest.mark.parametrize(
    ("file", "column", "name"),
    [
        ("eq5d3l_china_liu2014_243.csv", "China", "China_Liu2014"),
        ("eq5d3l_china_zhuo2018_243.csv", "China_Zhuo2018", "China_Zhuo2018"),
    ],
)
def test_eq5d3l_both_chinese_value_sets(vectors: Path, file: str, column: str, name: str) -> None:
    table = pd.read_csv(vectors / file)
    ours = score(load_instrument("eq5d3l"), profiles(table), {"value_set": name}, scores=["INDEX"])
    np.testing.assert_allclose(ours["INDEX"], table[column], atol=1e-9, rtol=0)


def test_sppb_balance_gates_the_later_stances(vectors: Path) -> None:
    table = pd.read_csv(vectors / "sppb_balance_vectors.csv")
    times = table.iloc[:, :3].set_axis(["SIDE_S", "SEMI_S", "TANDEM_S"], axis=1)
    ours = score(load_instrument("sppb"), coded(times), scores=["SPPB_BALANCE"])
    assert ours["SPPB_BALANCE"].tolist() == table["points"].tolist()


@pytest.mark.parametrize("course", ["4m", "3m"])
def test_sppb_gait_bands(vectors: Path, course: str) -> None:
    table = pd.read_csv(vectors / "sppb_gait_vectors.csv")
    times = table[["time_s"]].set_axis(["GAIT1_S"], axis=1)
    ours = score(load_instrument("sppb"), coded(times), {"course": course}, scores=["SPPB_GAIT"])
    assert ours["SPPB_GAIT"].tolist() == table[f"points_{course}"].tolist()


def test_walk_speed(vectors: Path) -> None:
    table = pd.read_csv(vectors / "sppb_gait_vectors.csv").dropna(subset="speed_4m")
    ours = score(load_instrument("walk4m"), table[["time_s"]].set_axis(["T1"], axis=1))
    np.testing.assert_allclose(ours["SPEED4M"], table["speed_4m"], atol=5.1e-5)


def test_sppb_chair_bands(vectors: Path) -> None:
    table = pd.read_csv(vectors / "sppb_chair_vectors.csv")
    times = table[["time_s"]].set_axis(["CHAIR_S"], axis=1)
    ours = score(load_instrument("sppb"), coded(times), scores=["SPPB_CHAIR"])
    assert ours["SPPB_CHAIR"].tolist() == table["points"].tolist()


def test_sppb_total(vectors: Path) -> None:
    table = pd.read_csv(vectors / "sppb_total_vectors.csv")
    times = table.iloc[:, :5].set_axis(["SIDE_S", "SEMI_S", "TANDEM_S", "GAIT1_S", "CHAIR_S"], axis=1)
    ours = score(load_instrument("sppb"), coded(times))
    for name, column in {"SPPB": "sppb", "SPPB_BALANCE": "balance", "SPPB_GAIT": "gait", "SPPB_CHAIR": "chair"}.items():
        assert ours[name].tolist() == table[column].tolist(), name


def test_fried_criteria_and_status(vectors: Path) -> None:
    table = pd.read_csv(vectors / "fried_chs_vectors.csv")
    items = table.rename(
        columns={
            "wl_kg": "LOSS_KG",
            "wl_pct": "LOSS_PCT",
            "cesd7": "CESD_EFFORT",
            "cesd20": "CESD_GOING",
            "kcal": "KCAL_WEEK",
            "walk15ft_s": "WALK_S",
            "grip_kg": "GRIP_KG",
        }
    )
    ours = score(load_instrument("fried"), items)
    criteria = ["weight_loss", "exhaustion", "low_activity", "slow", "weak"]
    np.testing.assert_array_equal(ours[[c.upper() for c in criteria]], table[criteria])
    complete = table["n_missing"] == 0
    np.testing.assert_array_equal(ours.loc[complete, "FRIED"], table.loc[complete, "n_pos"])
    assert ours.loc[~complete, "FRIED_CODE"].str.match(r"missing: \d of 5 parts scored").all()
    assert _classes("fried", "FRIED_STATUS", ours) == table["status"].tolist()


def _classes(instrument: str, name: str, ours: pd.DataFrame) -> list[str]:
    labels = load_instrument(instrument).scores[name].labels
    return [
        code.split(":")[0] if np.isnan(value) else labels[value]
        for value, code in zip(ours[name], ours[f"{name}_CODE"], strict=True)
    ]


def test_frail_scale(vectors: Path) -> None:
    table = pd.read_csv(vectors / "frail_scale_vectors.csv")
    items = table.iloc[:, :5].set_axis(["FATIGUE", "RESISTANCE", "AMBULATION", "ILLNESSES", "LOSS_PCT"], axis=1)
    ours = score(load_instrument("frail"), items)
    assert ours["FRAIL"].tolist() == table["score"].tolist()
    assert _classes("frail", "FRAIL_STATUS", ours) == table["status"].tolist()


def test_mna_sf(vectors: Path) -> None:
    table = pd.read_csv(vectors / "mna_sf_vectors.csv")
    items = table.iloc[:, :7].set_axis(
        ["FOOD_INTAKE", "WEIGHT_LOSS", "MOBILITY", "STRESS", "NEUROPSYCH", "BMI", "CALF_CM"], axis=1
    )
    ours = score(load_instrument("mna_sf"), items)
    assert ours["MNA_SF"].tolist() == table["total"].tolist()
    assert [label.replace(" ", "_") for label in _classes("mna_sf", "MNA_STATUS", ours)] == table["status"].tolist()


def test_gds15(vectors: Path) -> None:
    table = pd.read_csv(vectors / "gds15_vectors.csv").rename(columns=str.upper)
    assert score(load_instrument("gds15"), table)["GDS15"].tolist() == table["GDS15"].tolist()


def test_values_below_quantification(vectors: Path) -> None:
    table = pd.read_csv(vectors / "lloq_data.csv")
    below = table["below"] == 1
    items = pd.DataFrame({"VALUE": table["value"].where(~below, table["lloq"]), "VALUE_CODE": below.map({True: "<"})})
    plain = score(load_instrument("single_value"), items)
    assert plain.loc[below, "VALUE"].isna().all()
    assert (plain.loc[below, "VALUE_CODE"] == "<" + table.loc[below, "lloq"].map("{:g}".format)).all()
    np.testing.assert_array_equal(plain.loc[~below, "VALUE"], table.loc[~below, "value"])
    half = score(load_instrument("single_value"), items, {"below": "half"})
    np.testing.assert_allclose(half.loc[below, "VALUE"], table.loc[below, "lloq"] / 2)
    assert (half["VALUE_CODE"] == plain["VALUE_CODE"]).all()


@pytest.mark.parametrize("rule", ["half", "sqrt2"])
def test_substitutes_give_the_ratios_of_geometric_means(vectors: Path, rule: str) -> None:
    """Arm 1 / arm 0 with its t interval (equal variances) and p-value after the substitution."""
    table = pd.read_csv(vectors / "lloq_data.csv")
    below = table["below"] == 1
    items = pd.DataFrame({"VALUE": table["value"].where(~below, table["lloq"]), "VALUE_CODE": below.map({True: "<"})})
    logs = np.log(score(load_instrument("single_value"), items, {"below": rule})["VALUE"])
    for row in pd.read_csv(vectors / "lloq_expected.csv").to_dict("records"):
        arm0, arm1 = (logs[(table["set"] == row["set"]) & (table["arm"] == arm)] for arm in (0, 1))
        test = stats.ttest_ind(arm1, arm0)
        ours = np.exp([arm1.mean() - arm0.mean(), *test.confidence_interval()])
        expected = [row[f"{rule}_{name}"] for name in ("gmr", "lo", "hi", "p")]
        assert [*ours, test.pvalue] == pytest.approx(expected, rel=1e-11)
