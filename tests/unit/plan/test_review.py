"""What a lock freezes of the data, and what is said when the data no longer are so."""

import json

import pandas as pd
import pytest
from rctflow.plan.deviations import deviation_changes, outlier_changes, population_changes
from rctflow.plan.listing import listed
from rctflow.plan.lock import Earlier, LockError, Signature, new_lock, publishable, read_lock, write_lock
from rctflow.plan.review import deviation_review, outlier_review, population_review, summarized
from rctflow.plan.settings import PopulationSet, ProtocolDeviations, Since
from rctflow.plan.status import status

SETS = {
    "itt": PopulationSet("ITTFL"),
    "per_protocol": PopulationSet("PPROTFL", "DOSE2FL == 'Y' and (MAJDVFL == 'N' or AGE > 80) and TRT01A == TRT01P"),
}
DEVIATIONS = ProtocolDeviations("dv", "DVTERM", "DVCLASS")


def adsl(**pp):
    """Four subjects; S2 lacks the second dose, S3 has a major deviation and the other arm's drug."""
    rows = [
        ("S1", "Y", "N", 70, "a", "a", "Y"),
        ("S2", "N", "N", 71, "a", "a", "N"),
        ("S3", "Y", "Y", 72, "b", "a", "N"),
        ("S4", "Y", "N", 73, "b", "b", "Y"),
    ]
    frame = pd.DataFrame(rows, columns=["USUBJID", "DOSE2FL", "MAJDVFL", "AGE", "TRT01P", "TRT01A", "PPROTFL"])
    frame["PPROTFL"] = [pp.get(subject, flag) for subject, flag in zip(frame["USUBJID"], frame["PPROTFL"], strict=True)]
    return frame.assign(ITTFL="Y")


def deviations(*rows):
    return pd.DataFrame(rows, columns=["USUBJID", "DVTERM", "DVCLASS"])


LATE, WRONG = ("S2", "late visit", "Minor"), ("S3", "wrong kit", "Major")


def ledger(*rows):
    columns = ["table", "SRCROW", "subject", "column", "old", "new", "rule", "severity", "message"]
    return pd.DataFrame(rows, columns=columns, dtype="str")


POUNDS = ("grip", "4", "S1", "R1", "60", "27.2", "unit_slip", "change", "pounds")
TWICE = ("grip", "9", "S2", "", "", "", "duplicate_identical", "removed", "row 8 is kept")
ASKED = ("grip", "7", "S3", "R1", "55", "", "jump", "query", "twice the median")


def review(subjects=None, listed=(LATE, WRONG), rows=(POUNDS, TWICE, ASKED)):
    return {
        "populations": population_review(adsl() if subjects is None else subjects, SETS),
        "deviations": deviation_review(deviations(*listed), DEVIATIONS),
        "outliers": outlier_review({"grip": ledger(*rows), "walk": ledger()}),
    }


def test_members_and_the_conditions_that_the_others_do_not_meet():
    assert review()["populations"] == {
        "itt": {"members": ["S1", "S2", "S3", "S4"], "excluded": {}},
        "per_protocol": {
            "members": ["S1", "S4"],
            "excluded": {
                "S2": "not met: DOSE2FL == 'Y'",
                "S3": "not met: MAJDVFL == 'N' or AGE > 80; TRT01A == TRT01P",
            },
        },
    }


def test_no_reason_tells_an_arm():
    text = json.dumps(review()["populations"])
    assert "'a'" not in text and "'b'" not in text


def test_queries_are_no_decisions_and_tables_without_any_are_left_out():
    outliers = review()["outliers"]
    assert list(outliers) == ["grip"]
    assert [row["rule"] for row in outliers["grip"]] == ["unit_slip", "duplicate_identical"]


@pytest.mark.parametrize(
    ("now", "said"),
    [
        ({}, []),
        ({"S4": "N"}, ["population per_protocol: 2 -> 1 members; - S4 (meets every condition)"]),
        ({"S2": "Y", "S1": "N"}, ["population per_protocol: 2 -> 2 members; + S2, - S1 (meets every condition)"]),
    ],
)
def test_members_that_came_and_went_are_named(now, said):
    told = population_changes(review()["populations"], population_review(adsl(**now), SETS), ids=True)
    assert list(told) == said


def test_deviations_new_gone_and_of_another_class():
    now = deviation_review(deviations(("S2", "late visit", "Major"), ("S4", "no consent", "Major")), DEVIATIONS)
    assert list(deviation_changes(review()["deviations"], now, ids=True)) == [
        "protocol deviation of S2 (late visit): class Minor -> Major",
        "protocol deviation no longer there: S3, Major: wrong kit",
        "protocol deviation new since the lock: S4, Major: no consent",
    ]


def test_outlier_decisions_follow_the_value_not_the_row():
    moved = ("grip", "14", *POUNDS[2:])
    other = ("grip", "4", "S1", "R1", "60", "", "range", "change", "outside")
    then = review()["outliers"]
    assert list(outlier_changes(then, outlier_review({"grip": ledger(moved, TWICE)}), ["grip"], ids=True)) == []
    assert list(outlier_changes(then, outlier_review({"grip": ledger(other, TWICE)}), ["grip"], ids=True)) == [
        "outlier decision no longer taken: grip, S1, R1: 60 -> 27.2 (unit_slip)",
        "outlier decision new since the lock: grip, S1, R1: 60 -> missing (range)",
    ]
    assert list(outlier_changes(then, {}, ["walk"], ids=True)) == []


def test_the_review_is_listed_for_the_meeting():
    assert list(listed(review())) == [
        "Population itt: 4 in, 0 out",
        "Population per_protocol: 2 in, 2 out",
        "  out: S2, not met: DOSE2FL == 'Y'",
        "  out: S3, not met: MAJDVFL == 'N' or AGE > 80; TRT01A == TRT01P",
        "Protocol deviations: 2",
        "  S2, Minor: late visit",
        "  S3, Major: wrong kit",
        "Values changed and rows removed by rule: 2",
        "  grip row 4, S1, R1: 60 -> 27.2 (unit_slip)",
        "  grip row 9, S2: row removed (duplicate_identical)",
    ]


SIGNATURE = Signature("N. N.", "2026-11-22T10:00:00Z", "abc", False)
PLAN = {"endpoints": {"grip": {"unit": "kg"}}}


@pytest.fixture
def lock(tmp_path):
    earlier = Earlier(SIGNATURE, "0" * 64, "amendment 1", ("population itt: 3 -> 4 members; + S4",))
    write_lock(new_lock("tiny", SIGNATURE, PLAN, review(), (earlier,)), tmp_path / "whole.lock.json")
    return read_lock(tmp_path / "whole.lock.json")  # as it is compared: keys sorted


def since(settings=(), ids=True, whole=True):
    return Since(tuple(settings), SETS, DEVIATIONS if whole else None, whole, ids)


def now_of(lock, subjects=None, listed=(LATE, WRONG), rows=(POUNDS, TWICE), **kind):
    subjects = adsl() if subjects is None else subjects
    return status(lock, since(**kind), subjects, {"grip": ledger(*rows)}, deviations(*listed))


def test_locked_and_unchanged(lock):
    found = now_of(lock)
    assert (found.state, found.deviations) == ("locked", ())
    assert found.words == f"locked 2026-11-22 by N. N. (sha256 {lock.name}), after 1 earlier lock; unchanged since"
    assert (
        found.line
        == f"Analysis plan: locked 2026-11-22 by N. N. (sha256 {lock.name}), after 1 earlier lock; unchanged since."
    )


def test_changed_in_everything(lock):
    found = now_of(lock, adsl(S4="N"), [LATE], [POUNDS], settings=["endpoints.grip.unit: kg -> lb"])
    assert found.state == "changed"
    assert [text.split(" ")[0] for text in found.deviations] == [
        "endpoints.grip.unit:",
        "population",
        "protocol",
        "outlier",
    ]
    assert found.line.endswith("changed since (4 deviations from the plan).")


def test_a_table_says_only_what_bears_on_it(lock):
    assert now_of(lock, listed=[LATE], whole=False).line.endswith("; unchanged since in what bears on this table.")
    assert "the report lists" in now_of(lock, rows=[POUNDS], whole=False).line


def test_what_may_be_published_holds_no_subject_and_says_the_same(lock, tmp_path):
    open_, shown = lock, publishable(lock)
    write_lock(shown, tmp_path / "lock.json")
    text = (tmp_path / "lock.json").read_text()
    for secret in ("S1", "S2", "S3", "S4", "late visit", "27.2", "TRT01A == TRT01P"):
        assert secret not in text, secret
    assert shown.review["populations"]["per_protocol"]["n"] == 2
    assert shown.sha256 == open_.sha256 and read_lock(tmp_path / "lock.json") == shown
    for changed in ({}, {"subjects": adsl(S4="N")}, {"listed": [LATE]}, {"rows": [POUNDS]}):
        assert now_of(shown, **changed, ids=False) == now_of(open_, **changed, ids=False)
        assert bool(now_of(shown, **changed).deviations) == bool(changed)


def test_without_ids_no_subject_is_named(lock):
    found = now_of(lock, adsl(S4="N"), [LATE], [POUNDS], ids=False)
    assert len(found.deviations) == 3
    assert not any(subject in text for subject in ("S1", "S2", "S3", "S4") for text in found.deviations)


def test_summaries_hide_values_and_follow_them():
    one, other = summarized(review()), summarized(review(rows=[POUNDS]))
    assert one["populations"] == other["populations"] and one["outliers"] != other["outliers"]


@pytest.mark.parametrize("part", ["plan", "review"])
def test_a_lock_edited_by_hand_is_refused(lock, tmp_path, part):
    file = tmp_path / "tiny.lock.json"
    write_lock(lock, file)
    assert read_lock(file) == lock
    document = json.loads(file.read_text())
    if part == "plan":
        document["plan"]["endpoints"]["grip"]["unit"] = "lb"
    else:
        document["review"]["populations"]["per_protocol"]["members"] += ["S3"]
    file.write_text(json.dumps(document))
    with pytest.raises(LockError, match=r"not the one that was locked\. Restore"):
        read_lock(file)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": "rctflow-lock/9"}', '{"format": "rctflow-lock/1"}'])
def test_what_is_no_lock_is_refused(tmp_path, text):
    file = tmp_path / "tiny.lock.json"
    file.write_text(text)
    with pytest.raises(LockError, match=r"tiny\.lock\.json: not a"):
        read_lock(file)
