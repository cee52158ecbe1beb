"""Bad input ends the run with one message that says the place and the remedy, before any result is written."""

import pytest

pytestmark = pytest.mark.workflow


def edit_form(checkout, form, edit):
    file = checkout.folder / "data" / f"{form}.csv"
    file.write_bytes(edit(file.read_text()).encode())


def edit_config(checkout, edit):
    config = checkout.config()
    edit(config)
    checkout.configure(config)


def replaced(form, old, new):
    def edit(checkout):
        file = checkout.folder / "data" / f"{form}.csv"
        text = file.read_text()
        assert old in text
        file.write_bytes(text.replace(old, new, 1).encode())

    return edit


def unknown_key(checkout):
    edit_config(checkout, lambda config: config["study"].update(titel="x"))


def missing_file(checkout):
    (checkout.folder / "data/walk.csv").rename(checkout.folder / "data/walks.csv")


def empty_table(checkout):
    edit_form(checkout, "walk", lambda text: text.splitlines()[0] + "\n")


def other_encoding(checkout):
    file = checkout.folder / "data/subjects.csv"
    file.write_bytes(file.read_text().replace("S01,D,A", "S01,D,Köln").encode("latin-1"))


def where_with_a_call(checkout):
    edit_config(checkout, lambda config: config["populations"]["itt"].update(where="len(USUBJID) > 1"))


def no_baseline(checkout):
    edit_config(checkout, lambda config: config["visits"]["baseline"].pop("baseline"))


def crossover_declared(checkout):
    edit_config(checkout, lambda config: config["study"].update(design="crossover"))


def cluster_declared(checkout):
    edit_config(checkout, lambda config: config["study"].update(design="cluster"))


def blank_arm(checkout):
    """The patient has a date of randomization; the config does not say that the arm is required."""
    edit_config(checkout, lambda config: config["tables"]["subjects"]["columns"].update(ARM={}))
    replaced("subjects", "S04,P,", "S04,,")(checkout)


def flag_with_a_call(checkout):
    flag = {"OLDFL": {"table": "subjects", "where": "eval('1')"}}
    edit_config(checkout, lambda config: config["subjects"].update(flags=flag))


CASES = {
    "unknown key": (unknown_key, ["config/tiny.yaml: study.titel: unknown key", "Did you mean 'title'?"]),
    "missing file": (missing_file, ["config/tiny.yaml: tables.walk.file: no such file: data/walk.csv", "walks.csv"]),
    "renamed column": (replaced("walk", "SECONDS", "SECS"), ["config/tiny.yaml: tables.walk", "SECONDS", "walk.csv"]),
    "wrong type": (
        replaced("blood", "S03,Week 4,2024-01-29,", "S03,Week 4,2024-01-29,x"),
        ["tables.blood", "row 8", "'x"],
    ),
    "unknown arm": (replaced("subjects", "S04,P", "S04,Q"), ["config/tiny.yaml: subjects", "'Q'", "S04"]),
    "unknown visit": (replaced("walk", "S02,Week 4", "S02,Week 5"), ["tables.walk", "'Week 5'", "row 5"]),
    "two randomizations": (
        replaced("subjects", "S02,P,", "S02,D,A,62,2024-01-01\nS02,P,"),
        ["tables.subjects", "S02", "crossover"],
    ),
    "empty table": (empty_table, ["tables.walk", "walk.csv", "no data rows"]),
    "another encoding": (other_encoding, ["tables.subjects", "subjects.csv", "encoding"]),
    "where that calls": (where_with_a_call, ["populations.itt.where", "function call is not allowed"]),
    "no baseline": (no_baseline, ["visits: exactly one visit must say `baseline: true`; found: none"]),
    "where of a flag that calls": (flag_with_a_call, ["subjects.flags.OLDFL", "function call is not allowed"]),
    "wrong date": (
        replaced("blood", "S03,Week 4,2024-01-29,", "S03,Week 4,the 29th,"),
        ["tables.blood", "row 8", "'the 29th'", "DATE"],
    ),
    "blank arm of a required column": (replaced("subjects", "S04,P,", "S04,,"), ["tables.subjects", "ARM", "row 4"]),
    "blank arm of a randomized patient": (
        blank_arm,
        ["config/tiny.yaml: subjects", "S04", "a date of randomization", "Write the arm in the form"],
    ),
    "cluster design": (cluster_declared, ["study.design", "cluster", "parallel"]),
    "crossover design": (crossover_declared, ["study.design", "crossover"]),
}


def test_a_config_that_still_says_todo_is_not_run(fresh):
    file = fresh.folder / fresh.study
    text = file.read_text()
    file.write_text(text.replace("  AGE:", "  # TODO: years or months?\n  AGE:", 1))
    told = fresh.run()
    assert told.returncode == 1
    assert told.stderr.count("\n") == 1
    assert "ERROR: config/tiny.yaml: line" in told.stderr and "TODO: years or months?" in told.stderr
    assert "./run check --config study=config/tiny.yaml" in told.stderr
    assert not (fresh.folder / "results").exists()


def results_in(folder):
    """What a run writes once it has begun to derive: ADSL, records, result rows, displays, the report.

    Source tables and cleaned tables of sound forms are no results: they may be there.
    """
    patterns = ("adam/*", "endpoints/*/*", "summaries/*/*", "figures/*", "tables/overview.*", "report.html")
    return sorted(file for pattern in patterns for file in folder.glob(f"results/*/{pattern}"))


def test_results_are_seen_where_there_are_some(finished):
    names = {file.name for file in results_in(finished)}
    assert {"adsl.parquet", "results.csv", "records.parquet", "forest.svg", "overview.csv", "report.html"} <= names


@pytest.mark.parametrize("case", CASES)
def test_one_clear_message_and_nothing_written(fresh, case):
    spoil, words = CASES[case]
    spoil(fresh)
    told = fresh.run()
    assert told.returncode != 0
    errors = [line for line in told.stderr.splitlines() if line.startswith("ERROR: ")]
    assert len(errors) == 1, told.stderr
    assert "Traceback" not in told.stderr
    for word in words:
        assert word in told.stderr, told.stderr
    assert not results_in(fresh.folder)


def test_a_flow_that_does_not_add_up_ends_the_run_before_anything_is_modelled(fresh):
    forms = {"forms": {"treated": {"table": "subjects", "where": "ID != 'S03'"}}}
    edit_config(fresh, lambda config: config.update(summaries={"flow": forms}))
    told = fresh.run()
    assert told.returncode != 0
    assert "the participant flow does not add up" in told.stderr
    assert "treated in ADSL, not in form subjects: S03. Correct the form" in told.stderr
    results = fresh.folder / "results/tiny"
    assert (results / "adam/adsl.parquet").exists()
    assert not [*results.glob("endpoints/*/*"), *results.glob("summaries/flow/*"), *results.glob("report.html")]


def test_nothing_is_lost_when_a_form_is_spoilt_after_a_good_run(checkout):
    report = (checkout.folder / "results/tiny/report.html").read_bytes()
    results = {file: file.read_bytes() for file in checkout.folder.glob("results/tiny/endpoints/*/results.csv")}
    replaced("walk", "S02,Week 4", "S02,Week 5")(checkout)
    assert checkout.run().returncode != 0
    assert (checkout.folder / "results/tiny/report.html").read_bytes() == report
    assert all(file.read_bytes() == before for file, before in results.items())
