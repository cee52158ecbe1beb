"""Items of unequal length: a missing one is made up for by the range of the scale that is left."""

import numpy as np
import pandas as pd
import pytest
from rctflow.derive.instruments import InstrumentError, load_instrument, score

NAN = float("nan")
HIGHEST = {
    "WORD_RECALL": 10.0,
    "NAMING": 5,
    "COMMANDS": 5,
    "CONSTRUCTION": 5,
    "IDEATION": 5,
    "ORIENTATION": 8,
    "RECOGNITION": 12,
    "SPOKEN_LANGUAGE": 5,
    "COMPREHENSION": 5,
    "WORD_FINDING": 5,
    "INSTRUCTIONS": 5,
}


def adas(**answers: float) -> tuple[float, str]:
    items = dict.fromkeys(HIGHEST, 2.0) | answers
    found = score(load_instrument("adas_cog11"), pd.DataFrame([items])).iloc[0]
    return float(found["ADAS_COG11"]), str(found["ADAS_COG11_CODE"])


def test_complete_items_are_summed_and_the_scale_ends_at_seventy() -> None:
    assert adas() == (22, "")
    assert adas(**HIGHEST)[0] == 70
    assert adas(WORD_RECALL=7.3)[0] == pytest.approx(27.3)


def test_the_plans_example_a_missing_word_recall_multiplies_by_seven_sixths() -> None:
    assert adas(WORD_RECALL=NAN)[0] == pytest.approx(20 * 7 / 6, rel=1e-12)


def test_the_full_range_is_kept_whatever_is_missing() -> None:
    for gone in HIGHEST:
        assert adas(**HIGHEST | {gone: NAN})[0] == pytest.approx(70, rel=1e-12)


def test_three_of_eleven_may_be_missing_four_may_not() -> None:
    three = dict.fromkeys(["NAMING", "COMMANDS", "RECOGNITION"], NAN)
    assert adas(**three)[0] == pytest.approx(16 * 70 / 48, rel=1e-12)
    value, code = adas(**three, IDEATION=NAN)
    assert np.isnan(value)
    assert code == "missing: 7 of 11 items answered"


def test_npi_takes_two_missing_domains_of_nine() -> None:
    domains = ["DELUSIONS", "HALLUCINATIONS", "AGITATION", "DEPRESSION", "ANXIETY", "APATHY", "DISINHIBITION"]
    items = dict.fromkeys([*domains, "IRRITABILITY", "MOTOR"], 4.0)

    def total(**answers: float) -> float:
        return float(score(load_instrument("npi_x9"), pd.DataFrame([items | answers]))["NPIX9"].iloc[0])

    assert total() == 36
    assert total(MOTOR=NAN, APATHY=NAN) == pytest.approx(28 * 108 / 84)
    assert np.isnan(total(MOTOR=NAN, APATHY=NAN, ANXIETY=NAN))


@pytest.mark.parametrize("step", ["fill: full_range", "fill: person_mean, highest: {Q1: 3, Q2: 3}"])
def test_range_and_fill_need_one_another(step: str, tmp_path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(
        "label: Mine\nlicence: free\nsources: [me]\nitems: [{ids: [Q1, Q2], range: [0, 3]}]\n"
        f"steps: [{{combine: {{how: sum, of: [Q1, Q2], to: T, need: 1, {step}}}}}]\n"
        "scores: {T: {label: Total, direction: lower, type: ordinal}}\n"
    )
    with pytest.raises(InstrumentError, match="need one another"):
        load_instrument(str(file))
