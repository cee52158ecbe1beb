"""Each cell prints its result rows, rounded once, and names them."""

import csv
import io
import re
from dataclasses import replace

import pytest
from rctflow.display import ArmLabel, Display, Label, VisitLabel, below_words
from rctflow.results import Result
from rctflow.tables.endpoint import endpoint_table
from rctflow.tables.ladder import ladder_table
from rctflow.tables.overview import overview_table

SETTINGS = Display(
    endpoint="tug",
    label="Timed <up> & go",
    unit="s",
    direction="lower",
    digits=1,
    role="primary",
    arms=(ArmLabel("placebo", "Placebo"), ArmLabel("msc", "MSC")),
    visits=(
        VisitLabel("baseline", "Baseline", 0),
        VisitLabel("month3", "3 months", 90),
        VisitLabel("month6", "6 months", 180),
    ),
    baseline_visit="baseline",
    primary_visit="month6",
    main_analysis="ancova",
    main_population="itt",
    population_flag="ITTFL",
    populations=(Label("itt", "Intention to treat"),),
    mcid=2.1,
)


def row(statistic, value, visit="month6", who="msc", analysis="ancova", population="itt", **more) -> Result:
    contrast, group = (who, "") if " " in who else ("", who)
    model = "descriptive" if analysis == "observed" else "ancova"
    fixed = {"study": "s", "endpoint": "tug", "estimand": "e", "role": "primary", "model": model}
    fixed |= {"method": "ANCOVA; OLS", "unit": "s"} | more
    return Result(
        **fixed,
        visit=visit,
        group=group,
        contrast=contrast,
        analysis=analysis,
        population=population,
        statistic=statistic,
        value=value,
    )


def arm(who, n, lsmean, low, high, **more) -> list[Result]:
    values = {"n": n, "lsmean": lsmean, "ci_low": low, "ci_high": high}
    return [row(name, value, who=who, **more) for name, value in values.items()]


def comparison(estimate, low, high, p, who="msc - placebo", **more) -> list[Result]:
    values = {"estimate": estimate, "ci_low": low, "ci_high": high, "p_value": p}
    return [row(name, value, who=who, **more) for name, value in values.items()]


ROWS = [
    row("n_randomized", 15, visit="", who="placebo"),
    row("n_randomized", 15, visit="", who="msc"),
    row("n", 14, who="msc", analysis="observed"),
    row("mean", 10.25, who="msc", analysis="observed"),
    row("sd", 2.04, who="msc", analysis="observed"),
    *arm("placebo", 13, 0.35, -0.449, 1.05),
    *arm("msc", 14, -1.95, -2.75, -1.05),
    *comparison(-2.25, -3.85, -0.65, 0.0004),
    *comparison(-1.0, -2.0, 0.0, 0.05, visit="month3"),
]


def printed(table) -> dict[tuple[str, str, str], str]:
    """(visit, arm, column) -> what is printed."""
    found, visit = {}, ""
    for line in table.lines:
        first = len(table.heads) - len(line)
        visit = line[0].text if first == 0 else visit
        arm_label = line[1 - first].text
        found |= {(visit, arm_label, head): cell.text for head, cell in zip(table.heads[first:], line, strict=True)}
    return found


def test_a_line_holds_what_was_observed_and_what_was_estimated():
    cells = printed(endpoint_table(ROWS, SETTINGS))
    where = ("6 months (primary)", "MSC")
    assert cells[*where, "n observed"] == "14"
    assert cells[*where, "Mean (SD) observed, s"] == "10.3 (2.0)"
    assert cells[*where, "n analysed"] == "14"
    assert cells[*where, "LS mean change, s (95% CI)"] == "-2.0 (-2.8 to -1.1)"
    assert cells[*where, "Difference (95% CI)"] == "-2.3 (-3.9 to -0.7)"


def test_the_reference_arm_has_no_difference():
    cells = printed(endpoint_table(ROWS, SETTINGS))
    assert cells["6 months (primary)", "Placebo", "Difference (95% CI)"] == "reference"


def test_only_the_p_of_the_primary_analysis_at_the_primary_visit_is_not_nominal():
    cells = printed(endpoint_table(ROWS, SETTINGS))
    assert cells["6 months (primary)", "MSC", "p, nominal unless marked"] == "<0.001 (primary test)"
    assert cells["3 months", "MSC", "p, nominal unless marked"] == "0.050"


@pytest.mark.parametrize(
    ("rows", "settings"),
    [
        ([replace(r, role="secondary") for r in ROWS], SETTINGS),
        (ROWS, replace(SETTINGS, role="secondary")),
    ],
)
def test_p_is_nominal_when_analysis_or_endpoint_is_not_primary(rows, settings):
    table = endpoint_table(rows, settings)
    assert table.heads[-1] == "Nominal p"
    assert (
        printed(table)["6 months" + (" (primary)" if settings.role == "primary" else ""), "MSC", "Nominal p"]
        == "<0.001"
    )


def test_not_estimable_is_a_footnote_with_its_reason():
    reason = "singular <design>"
    broken = [replace(r, value=None, status="not_estimable", note=reason) if r.contrast else r for r in ROWS]
    table = endpoint_table(broken, SETTINGS)
    assert printed(table)["6 months (primary)", "MSC", "Difference (95% CI)"] == "not estimable"
    assert table.footnotes() == {f"Not estimable: {reason}.": "a"}
    assert "<sup>a</sup> Not estimable: singular &lt;design&gt;." in table.to_html()


def test_fall_backs_and_exclusions_are_footnotes_too():
    noted = [replace(r, status="fallback", note="stratum dropped") if r.statistic == "estimate" else r for r in ROWS]
    noted = [replace(r, note="1 without baseline not analysed") if r.statistic == "n" else r for r in noted]
    assert set(endpoint_table(noted, SETTINGS).footnotes()) == {
        "Fall-back: stratum dropped.",
        "1 without baseline not analysed.",
    }


def test_ratios_have_two_decimals_and_say_so():
    ratios = [replace(r, contrast=r.contrast.replace(" - ", " / "), unit="ratio") for r in ROWS if r.visit == "month6"]
    cells = printed(endpoint_table(ratios, SETTINGS))
    assert cells["6 months (primary)", "MSC", "Ratio (95% CI)"] == "-2.25 (-3.85 to -0.65)"
    assert (
        cells["6 months (primary)", "MSC", "Geometric LS mean ratio to baseline (95% CI)"] == "-1.95 (-2.75 to -1.05)"
    )


def test_geometric_means_stand_beside_geometric_means():
    ratios = [replace(r, contrast=r.contrast.replace(" - ", " / "), unit="ratio") for r in ROWS if r.visit == "month6"]
    geometric = {"geometric_mean": 9.96, "geometric_ci_low": 8.04, "geometric_ci_high": 12.34}
    ratios += [row(name, value, analysis="observed") for name, value in geometric.items()]
    cells = printed(endpoint_table(ratios, SETTINGS))
    assert cells["6 months (primary)", "MSC", "Geometric mean (95% CI) observed, s"] == "10.0 (8.0 to 12.3)"
    differences = printed(endpoint_table([*ROWS, *ratios[-3:]], SETTINGS))
    assert differences["6 months (primary)", "MSC", "Mean (SD) observed, s"] == "10.3 (2.0)"


def test_values_below_the_limit_have_a_column_where_there_are_some():
    made = [row("n_below", 3, analysis="observed"), row("percent_below", 21.43, analysis="observed", unit="%")]
    cells = printed(endpoint_table([*ROWS, *made], SETTINGS))
    assert cells["6 months (primary)", "MSC", "Below the limit, n (%)"] == "3 (21)"
    assert cells["6 months (primary)", "Placebo", "Below the limit, n (%)"] == "–"
    assert cells["6 months (primary)", "MSC", "n observed"] == "14"
    none = [replace(r, value=0.0) for r in made]
    assert "Below the limit, n (%)" not in endpoint_table([*ROWS, *none], SETTINGS).heads
    declared = replace(SETTINGS, not_measured={"n_below": "counted as half the limit"})
    shown = endpoint_table([*ROWS, *none], declared)
    assert printed(shown)["6 months (primary)", "MSC", "Below the limit, n (%)"] == "0 (0)"
    assert "Below the limit of quantification: Placebo 0, MSC 0 assessments; counted as half the limit." in shown.notes


def test_tables_of_many_analyses_or_endpoints_say_how_many_values_lie_below_the_limit():
    declared = replace(SETTINGS, not_measured={"n_below": "counted as half the limit"})
    below = [
        replace(row("n_below", n, analysis="observed"), group=arm, model="descriptive")
        for arm, n in (("placebo", 0), ("msc", 3))
    ]
    percent = [replace(r, statistic="percent_below", value=100 * r.value / 14, unit="%") for r in below]
    words = "elow the limit of quantification at 6 months: Placebo 0 (0%), MSC 3 (21%)."
    assert below_words([*ROWS, *below, *percent], declared) == f"B{words}"
    assert below_words([*ROWS, *below, *percent], SETTINGS) == ""
    overview = overview_table({SETTINGS.endpoint: [*ROWS, *below, *percent]}, [declared])
    assert f"{SETTINGS.label}: b{words}" in overview.notes


def test_values_that_were_not_measured_are_told_with_what_stands_for_them():
    counts = (("n_unable", "placebo", 2), ("n_unable", "msc", 1), ("n_below", "placebo", 1), ("n_below", "msc", 0))
    made = [
        row(name, n, who=arm, visit=v, analysis="observed") for name, arm, n in counts for v in ("month3", "month6")
    ]
    rules = {"n_unable": "counted as 40 s (declared worst value)", "n_below": "counted as half the limit"}
    assert endpoint_table([*ROWS, *made], replace(SETTINGS, not_measured=rules)).notes[-2:] == [
        "Unable to perform the test: Placebo 4, MSC 2 assessments; counted as 40 s (declared worst value).",
        "Below the limit of quantification: Placebo 2, MSC 0 assessments; counted as half the limit.",
    ]
    never = [replace(r, value=0.0) for r in made]
    assert not any("Unable" in note for note in endpoint_table([*ROWS, *never], SETTINGS).notes)


def test_the_status_of_the_plan_stands_in_the_foot_of_each_table():
    line = "Analysis plan: locked 2026-11-22 by <N. N.>."
    others = [*ROWS, *(replace(one, analysis="mmrm") for one in ROWS if one.analysis == "ancova")]
    main, second = endpoint_table(ROWS, SETTINGS, line), ladder_table(others, SETTINGS, line)
    over = overview_table({"tug": ROWS}, [SETTINGS], line)
    for table in (main, second, over):
        assert table.notes[-1] == line
        assert '<p class="note">Analysis plan: locked 2026-11-22 by &lt;N. N.&gt;.</p>' in table.to_html()
    assert line not in endpoint_table(ROWS, SETTINGS).notes


def test_without_a_model_only_what_was_observed_is_shown():
    table = endpoint_table([r for r in ROWS if r.model == "descriptive"], SETTINGS)
    assert table.heads == ("Visit", "Arm", "n observed", "Mean (SD) observed, s")


def test_notes_name_population_randomized_method_and_smallest_difference():
    notes = " ".join(endpoint_table(ROWS, SETTINGS).notes)
    for words in ("Intention to treat", "15 to Placebo, 15 to MSC", "ANCOVA; OLS", "Lower values are better", "2.1 s"):
        assert words in notes


def test_tests_over_all_visits_are_nominal():
    made = [row(r.statistic, r.value, visit="average", who="msc - placebo") for r in comparison(-1.0, -2.0, 0.0, 0.05)]
    made.append(row("arm_by_visit_p_value", 0.4, visit="", who=""))
    notes = endpoint_table([*ROWS, *made], SETTINGS).notes
    assert "MSC − Placebo, averaged over the visits: -1.0 (-2.0 to 0.0); nominal p = 0.050." in notes
    assert "Arm by visit (whether the difference varies between the visits): nominal p = 0.400." in notes


def test_html_escapes_and_gives_each_head_a_scope():
    html = endpoint_table(ROWS, SETTINGS).to_html()
    assert "Timed &lt;up&gt; &amp; go" in html
    assert "<up>" not in html
    assert all("scope=" in head for head in re.findall(r"<th[ >][^>]*>?", html))


def test_each_cell_names_its_rows_and_can_be_addressed():
    html = endpoint_table(ROWS, SETTINGS).to_html()
    name = "tug.ancova.itt.month6.msc-placebo"
    assert f'id="{name}.estimate" data-results="{name}.estimate {name}.ci_low {name}.ci_high"' in html


def test_csv_has_the_unrounded_value_of_every_row_behind_a_cell():
    lines = list(csv.DictReader(io.StringIO(endpoint_table(ROWS, SETTINGS).to_csv())))
    (line,) = [one for one in lines if one["result_id"] == "tug.ancova.itt.month6.msc.lsmean"]
    assert line["printed"] == "-2.0 (-2.8 to -1.1)"
    assert line["value"] == "-1.95"
    assert line["line"] == "6 months (primary) | MSC"
    shown = {one["result_id"] for one in lines}
    assert shown == {r.result_id for r in ROWS if r.statistic != "n_randomized"}


@pytest.mark.parametrize("synthetic", [True, False])
def test_synthetic_data_are_called_so(synthetic):
    table = endpoint_table(ROWS, replace(SETTINGS, synthetic=synthetic))
    assert ("SYNTHETIC DATA" in table.to_html()) is synthetic
    lines = list(csv.DictReader(io.StringIO(table.to_csv())))
    assert {line["data"] for line in lines} == {"SYNTHETIC" if synthetic else "real"}


def test_overview_has_a_line_per_endpoint_primary_first_with_a_link():
    other = replace(SETTINGS, endpoint="grip", label="Grip", role="secondary")
    table = overview_table({"tug": ROWS}, [other, SETTINGS])
    assert [line[0].text for line in table.lines] == ["Timed <up> & go", "Grip"]
    assert [line[0].link for line in table.lines] == ["#endpoint-tug", "#endpoint-grip"]
    assert "-2.3 (-3.9 to -0.7) s" in [cell.text for cell in table.lines[0]]
    assert (table.heads[-1], table.lines[0][-1].text) == ("p, nominal unless marked", "<0.001 (primary test)")
    assert "nominal)" not in table.to_html()
    assert "no comparison" in [cell.text for cell in table.lines[1]]
    assert table.caption == "All endpoints at 6 months"


def test_overview_keeps_the_visit_where_endpoints_differ():
    other = replace(SETTINGS, endpoint="grip", primary_visit="month3")
    assert "Visit" in overview_table({"tug": ROWS, "grip": ROWS}, [SETTINGS, other]).heads


def test_the_ladder_begins_with_the_main_analysis_and_marks_it():
    pp = comparison(-1.5, -3.0, 0.0, 0.05, population="per_protocol")
    table = ladder_table([*ROWS, *pp], SETTINGS)
    assert table is not None
    assert [(line[0].text, line[1].text) for line in table.lines] == [
        ("ancova (main)", "Intention to treat"),
        ("ancova", "per protocol"),
    ]
    assert [line[-1].text for line in table.lines] == ["<0.001 (primary test)", "0.050"]
    assert ladder_table(ROWS, SETTINGS) is None


def test_the_ladder_names_the_sets_without_an_estimand():
    outside = [replace(r, population="per_protocol", estimand="none") for r in comparison(1.0, 0.0, 2.0, 0.05)]
    inside = comparison(2.0, 1.0, 3.0, 0.01)
    [note] = [note for note in ladder_table([*inside, *outside], SETTINGS).notes if "no estimand" in note]
    assert note.startswith("per protocol: no estimand")
    outside = [replace(r, estimand="") for r in outside]
    assert not [note for note in ladder_table([*inside, *outside], SETTINGS).notes if "no estimand" in note]


def test_three_arms_each_compare_with_the_reference():
    settings = replace(SETTINGS, arms=(*SETTINGS.arms, Label("high", "High dose")))
    rows = [*ROWS, *arm("high", 12, -3.0, -4.0, -2.0), *comparison(-3.35, -4.0, -2.7, 0.2, who="high - placebo")]
    cells = printed(endpoint_table(rows, settings))
    assert cells["6 months (primary)", "High dose", "Difference (95% CI)"] == "-3.4 (-4.0 to -2.7)"
    assert cells["6 months (primary)", "MSC", "Difference (95% CI)"] == "-2.3 (-3.9 to -0.7)"


def proportions(model="responder", population="itt", analysis="responder", role="supplementary"):
    shared = {"analysis": analysis, "population": population, "model": model, "method": "Score", "role": role}
    rows = []
    for arm, n, events, low, high in (("placebo", 15, 3, 7.0, 45.2), ("msc", 15, 9, 35.7, 80.2)):
        rows += [row("n", n, who=arm, **shared, unit=""), row("events", events, who=arm, **shared, unit="")]
        of_arm = {"proportion": 100 * events / n, "ci_low": low, "ci_high": high}
        rows += [row(name, value, who=arm, **shared | {"unit": "%"}) for name, value in of_arm.items()]
    difference = {"estimate": 40.04, "ci_low": 4.55, "ci_high": 66.4}
    rows += [
        row(name, v, who="msc - placebo", **shared | {"unit": "percentage points"}) for name, v in difference.items()
    ]
    rows.append(row("p_value", 0.027, who="msc - placebo", **shared, unit=""))
    rows.append(row("fisher_p_value", 0.06, who="msc - placebo", **shared, unit=""))
    ratio = {"risk_ratio_estimate": 3.0, "risk_ratio_ci_low": 1.11, "risk_ratio_ci_high": 8.7}
    shared["unit"] = "risk ratio"
    return rows + [row(name, value, who="msc / placebo", **shared) for name, value in ratio.items()]


def texts(table):
    return [[cell.text for cell in line] for line in table.lines]


@pytest.mark.parametrize(("model", "head"), [("responder", "Responders"), ("binary", "With the event")])
def test_a_main_analysis_of_proportions_is_tabulated_in_percent(model, head):
    shown = replace(SETTINGS, main_analysis="responder", digits=3, unit="s", role="secondary")
    table = endpoint_table(proportions(model), shown)
    assert table.heads[2:6] == ("n analysed", head, "Percentage (95% CI)", "Difference, percentage points (95% CI)")
    last = [line[-5:] for line in texts(table)[-2:]]
    assert last[0] == ["15", "3", "20.0 (7.0 to 45.2)", "reference", ""]
    assert last[1] == ["15", "9", "60.0 (35.7 to 80.2)", "40.0 (4.6 to 66.4)", "0.027"]


def test_every_method_of_another_analysis_has_a_line_and_a_unit():
    table = ladder_table(proportions(), SETTINGS)
    lines = {line[0]: line for line in texts(table)}
    assert list(lines) == [
        "responder (supplementary)",
        "—\N{NO-BREAK SPACE}Fisher's exact test",
        "—\N{NO-BREAK SPACE}risk ratio",
    ]
    shown = ["15 + 15", "Percentage points", "40.0 (4.6 to 66.4)", "0.027"]
    assert lines["responder (supplementary)"][2:] == shown
    assert lines["—\N{NO-BREAK SPACE}risk ratio"][3:5] == ["Risk ratio", "3.00 (1.11 to 8.70)"]
    assert lines["—\N{NO-BREAK SPACE}Fisher's exact test"][3:5] == ["–", "–"]
    assert lines["—\N{NO-BREAK SPACE}Fisher's exact test"][-1] == "0.060"


def test_further_methods_of_the_main_analysis_are_told_beside_the_others():
    shown = replace(SETTINGS, main_analysis="responder")
    lines = texts(ladder_table(proportions(role="primary"), shown))
    assert [line[0] for line in lines] == [
        "responder (main)",
        "—\N{NO-BREAK SPACE}Fisher's exact test",
        "—\N{NO-BREAK SPACE}risk ratio",
    ]
    assert [line[-1] for line in lines[:2]] == ["0.027 (primary test)", "0.060"]  # the first method is the one test


def test_the_results_without_one_patient_are_no_further_methods():
    left_out = row("without:01-101:estimate", 3.0, who="msc - placebo", analysis="responder")
    shown = texts(ladder_table([*proportions(), left_out], SETTINGS))
    assert shown == texts(ladder_table(proportions(), SETTINGS))


def test_the_overview_prints_a_difference_of_percentages_with_its_unit():
    shown = replace(SETTINGS, main_analysis="responder")
    table = overview_table({"tug": proportions()}, [shown])
    assert "40.0 (4.6 to 66.4) percentage points" in [cell for line in texts(table) for cell in line]


def ranks(model="wilcoxon"):
    win = model == "wilcoxon"
    who = "msc vs placebo" if win else "msc / placebo"
    shared = {"analysis": model, "model": model, "method": "Ranks", "role": "secondary"}
    rows = [row("n", n, who=arm, **shared, unit="") for arm, n in (("placebo", 13), ("msc", 14))]
    if win:
        quartiles = {"median": -1.5, "q1": -3.0, "q3": 0.25}
        rows += [row(name, v, who=arm, **shared) for arm in ("placebo", "msc") for name, v in quartiles.items()]
        shift = {"hodges_lehmann_estimate": -2.0, "hodges_lehmann_ci_low": -4.0}
        rows += [row(name, value, who=who, **shared) for name, value in shift.items()]
        why = {"status": "not_estimable", "note": "too few patients"}
        rows.append(row("hodges_lehmann_ci_high", None, who=who, **shared, **why))
    unit = "win probability" if win else "odds ratio"
    effect = {"estimate": 0.655, "ci_low": 0.444, "ci_high": 0.82}
    rows += [row(name, value, who=who, **shared | {"unit": unit}) for name, value in effect.items()]
    return [*rows, row("p_value", 0.041, who=who, **shared, unit="")]


def test_a_main_analysis_of_ranks_is_tabulated_with_quartiles_and_shift():
    shown = replace(SETTINGS, main_analysis="wilcoxon", role="secondary")
    table = endpoint_table(ranks(), shown)
    assert table.heads[2:] == (
        "n analysed",
        "Median [Q1, Q3] of the change, s",
        "Shift, s (95% CI)",
        "Win probability (95% CI)",
        "Nominal p",
    )
    placebo, msc = texts(table)[-2:]
    assert placebo[-5:] == ["13", "-1.5 [-3.0, 0.3]", "–", "reference", ""]
    assert msc[-5:] == ["14", "-1.5 [-3.0, 0.3]", "-2.0 (–)", "0.66 (0.44 to 0.82)", "0.041"]
    assert any("Win probability: MSC vs Placebo" in note for note in table.notes)
    assert any("above 0.5" in note for note in table.notes)


def test_a_main_analysis_of_odds_has_no_means():
    shown = replace(SETTINGS, main_analysis="proportional_odds", role="secondary")
    table = endpoint_table(ranks("proportional_odds"), shown)
    assert table.heads[2:] == ("n analysed", "Odds ratio (95% CI)", "Nominal p")
    assert texts(table)[-1] == ["MSC", "14", "0.66 (0.44 to 0.82)", "0.041"]


def test_the_overview_says_what_a_win_probability_is():
    shown = replace(SETTINGS, main_analysis="wilcoxon")
    table = overview_table({"tug": ranks()}, [shown])
    assert texts(table)[0][3:5] == ["MSC vs Placebo", "0.66 (0.44 to 0.82) win probability"]
    assert any("above 0.5" in note for note in table.notes)
    assert not any("above 0.5" in note for note in overview_table({"tug": ROWS}, [SETTINGS]).notes)
