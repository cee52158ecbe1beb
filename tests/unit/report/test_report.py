"""The page is whole, escapes what comes from data, and says what the rows say."""

import re
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from rctflow.hypotheses import Family, Hypothesis
from rctflow.plan_status import PlanStatus
from rctflow.report.baseline import baseline_grid
from rctflow.report.grids import (
    flow_grid,
    population_grid,
    quality_grid,
    second_grid,
    troubles,
    values_grid,
)
from rctflow.report.inline import FigureError, inline_svg
from rctflow.report.sentences import headline

from tests.unit.figures.displayed_study import (
    ENDPOINTS,
    baseline_rows,
    displays,
    flow_rows,
    population_rows,
    quality_rows,
    rendered_report,
    report_settings,
    rows,
    second_rows,
)

POINTS = "percentage points"
BY_ID = {endpoint.id: endpoint for endpoint in ENDPOINTS}
SOME = tuple(BY_ID[name] for name in ("sf36_pcs", "tug", "il17", "weight"))
VOID = {"meta", "link", "br", "path", "use", "rect", "img", "image", "hr", "input"}


class Page(HTMLParser):
    """Ids, links, addresses of other things and unclosed elements of a page."""

    def __init__(self, html: str):
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.outside: list[str] = []
        self.images: list[dict[str, str | None]] = []
        self.open: list[str] = []
        self.tags: Counter[str] = Counter()
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.tags[tag] += 1
        self.ids += [found["id"]] if "id" in found else []
        to = found.get("href") or found.get("xlink:href") or ""
        self.links += [to[1:]] if to.startswith("#") else []
        self.outside += [
            v for k, v in attrs if k in ("src", "href", "xlink:href") and v and not v.startswith(("#", "data:"))
        ]
        if tag == "svg":
            self.images.append(found)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag


@pytest.fixture(scope="module")
def html() -> str:
    return rendered_report(endpoints=SOME)


def test_every_id_is_unique_and_every_anchor_leads_somewhere(html):
    page = Page(html)
    assert [name for name, n in Counter(page.ids).items() if n > 1] == []
    assert set(page.links) - set(page.ids) == set()
    assert page.open == []


def test_the_plan_is_not_locked_and_nothing_more_is_said(html):
    assert '<p class="plan not-locked">Analysis plan: not locked.</p>' in html
    assert 'id="analysis-plan"' not in html


def test_what_changed_since_the_lock_is_listed_and_escaped():
    told = PlanStatus(
        "changed", "Analysis plan: locked by <A>.", ("visits.week1.day: 7 -> 8", "population <itt>: + S1")
    )
    page = rendered_report(endpoints=SOME, plan=told)
    assert 'class="plan changed">Analysis plan: locked by &lt;A&gt;. <a href="#analysis-plan">' in page
    section = page[page.index('<section id="analysis-plan"') : page.index('<nav id="contents"')]
    assert re.findall("<li>(.*)</li>", section) == ["visits.week1.day: 7 -&gt; 8", "population &lt;itt&gt;: + S1"]
    assert page.index('id="primary-result"') < page.index('<section id="analysis-plan"')


def test_references_inside_figures_lead_to_that_figure(html):
    ids = set(Page(html).ids)
    assert set(re.findall(r"url\(#([^)]*)\)", html)) <= ids


def test_the_page_asks_for_nothing_outside_itself(html):
    page = Page(html)
    assert page.outside == []
    assert page.tags["script"] == 0
    assert not re.search(r"@import|url\((?!#)", html)


def test_markup_in_data_is_escaped(html):
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert" in html
    assert "&lt;in&gt; aging frailty &amp; everyday life" in html


def test_figures_have_words_for_those_who_do_not_see_them(html):
    images = [image for image in Page(html).images if image.get("aria-hidden") != "true"]
    assert len(images) == 3 * len(SOME) + 2
    assert all(image["role"] == "img" and image["aria-label"] for image in images)


@pytest.mark.parametrize("synthetic", [True, False])
def test_synthetic_data_have_a_banner(synthetic):
    page = rendered_report(synthetic=synthetic, endpoints=SOME[:1])
    assert ("SYNTHETIC DATA" in page.replace('content: "SYNTHETIC DATA"', "")) is synthetic
    assert ('class="banner"' in page) is synthetic
    captions = [c for c in re.findall(r"<caption>(.*?)</caption>", page) if c != "Planned visits"]
    assert len(captions) > 6
    assert {"SYNTHETIC DATA" in caption for caption in captions} == {synthetic}


def test_the_same_rows_give_the_same_page(html):
    assert rendered_report(endpoints=SOME) == html


def test_the_page_judges_nothing(html):
    assert not re.search(r"\b(improved|significant|no difference|effective|is safe)\b", html, re.IGNORECASE)


def test_primary_result_stands_before_everything_else(html):
    assert html.index('class="headline"') < html.index('id="contents"') < html.index('id="all-endpoints"')


def test_all_failures_are_listed(html):
    failures = html[html.index('id="failures"') :]
    assert "13 of 15 values are below the limit of quantification" in failures
    assert "stratum dropped: one patient in a stratum" in failures


def sentence_of(made, endpoint="sf36_pcs"):
    settings = report_settings()
    part = next(e for e in settings.endpoints if e.id == endpoint)
    (sentence,) = headline(made, part, settings)
    return sentence


def typed(statistic, value, made, **more):
    """The rows with the value of one statistic at 6 months replaced."""
    return [
        replace(row, value=value, **more)
        if (row.analysis, row.population, row.visit, row.statistic) == ("primary", "itt", "month6", statistic)
        and (row.contrast or row.statistic == "n")
        else row
        for row in made
    ]


def test_primary_result_in_words():
    made = rows(BY_ID["sf36_pcs"])
    for name, value in {"estimate": 4.05, "ci_low": 0.15, "ci_high": 7.95, "p_value": 0.0409, "n": 13}.items():
        made = typed(name, value, made)
    sentence = sentence_of(made)
    assert sentence.text == (
        "At 6 months, the difference in change of SF-36 physical component summary, MSC minus Placebo, was 4.1 points "
        "(95% CI 0.2 to 8.0; p = 0.041; ANCOVA of change: baseline, strata; Intention to treat population, "
        "n = 13 MSC + 13 Placebo of 15 + 15 randomized)."
    )
    assert sentence.result_id == "sf36_pcs.primary.itt.month6.msc-placebo.estimate"


def test_small_p_is_never_zero():
    assert "; p < 0.001;" in sentence_of(typed("p_value", 1e-9, rows(BY_ID["sf36_pcs"]))).text


def test_p_of_an_endpoint_that_is_not_primary_is_nominal():
    assert "nominal p = " in sentence_of(rows(BY_ID["tug"]), "tug").text


def test_an_interval_beside_an_adjusted_p_says_that_it_is_unadjusted():
    made = rows(BY_ID["tug"])
    settings = replace(
        report_settings(), families={"main": Family("holm", (Hypothesis("tug"),))}, family_order=("main",)
    )
    part = next(e for e in settings.endpoints if e.id == "tug")
    p = next(r for r in typed("p_value", 0.02, made) if r.value == 0.02 and r.statistic == "p_value" and r.contrast)
    adjusted = [replace(p, statistic="p_adjusted:main", value=0.04)]
    (sentence,) = headline(typed("p_value", 0.02, made), part, settings, adjusted)
    assert ", unadjusted; nominal p = 0.020, adjusted p = 0.040 in the family main;" in sentence.text
    (without,) = headline(typed("p_value", 0.02, made), part, settings)
    assert "unadjusted" not in without.text


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ("counts", "rate ratio of"),
        ("time_to_event", "hazard ratio of"),
        ("gee_logit", "odds ratio of patients"),
        ("proportional_odds", "odds ratio of a higher"),
    ],
)
def test_a_ratio_that_could_not_be_estimated_keeps_its_name(model, said):
    gone = {"model": model, "unit": "", "note": "nobody has an event"}
    made = typed("estimate", None, rows(BY_ID["tug"]), **gone)
    made = [replace(row, contrast="msc / placebo") if row.contrast else row for row in made]
    assert f"the {said}" in sentence_of(made, "tug").text


def test_a_ratio_is_called_a_ratio():
    text = sentence_of(rows(BY_ID["il6"]), "il6").text
    assert "the ratio of geometric mean changes from baseline of IL-6, MSC divided by Placebo, was" in text


@pytest.mark.parametrize(
    ("model", "unit", "contrast", "said"),
    [
        ("responder", POINTS, "msc - placebo", "difference of the proportions of responders in {}, MSC minus Placebo"),
        ("binary", POINTS, "msc - placebo", "difference of the proportions of patients with {}, MSC minus Placebo"),
        ("binary", "risk ratio", "msc / placebo", "ratio of the proportions of patients with {}, MSC divided by"),
        ("binary", "odds ratio", "msc / placebo", "odds ratio of patients with {}, MSC divided by Placebo"),
        ("gee_logit", "odds ratio", "msc / placebo", "odds ratio of patients with {}, MSC divided by Placebo"),
        ("counts", "rate ratio", "msc / placebo", "rate ratio of {}, MSC divided by Placebo"),
        ("time_to_event", "hazard ratio", "msc / placebo", "hazard ratio of {}, MSC divided by Placebo"),
    ],
)
def test_proportions_rates_and_hazards_are_called_so(model, unit, contrast, said):
    made = typed("estimate", 12.34, rows(BY_ID["tug"]), model=model, unit=unit)
    made = [replace(row, contrast=contrast) if row.contrast else row for row in made]
    text = sentence_of(made, "tug").text
    assert said.format(BY_ID["tug"].label) in text
    if " - " in contrast:
        assert "was 12.3 percentage points (95% CI" in text


@pytest.mark.parametrize(
    ("contrast", "unit", "said"),
    [
        (
            "msc vs placebo",
            "win probability",
            "the probability that a patient of MSC has a better change of {} than one of Placebo, ties counting half, "
            "was 0.62 (95% CI",
        ),
        (
            "msc / placebo",
            "odds ratio",
            "the odds ratio of a higher change of {}, MSC divided by Placebo, was 0.62 (95%",
        ),
    ],
)
def test_win_probabilities_and_odds_ratios_are_worded(contrast, unit, said):
    made = typed("estimate", 0.62, rows(BY_ID["tug"]), model="ranks", unit=unit)
    made = [replace(row, contrast=contrast) if row.contrast else row for row in made]
    assert said.format(BY_ID["tug"].label) in sentence_of(made, "tug").text


def test_not_estimable_says_why():
    text = sentence_of(rows(BY_ID["il17"]), "il17").text
    assert "could not be estimated: 13 of 15 values are below the limit of quantification" in text


def test_a_test_that_took_the_place_of_the_estimate_is_told():
    made = rows(BY_ID["il17"])
    estimate = next(row for row in made if row.statistic == "estimate" and row.value is None)
    place = (estimate.visit, estimate.contrast, "p_value")
    others = [row for row in made if (row.visit, row.contrast, row.statistic) != place]
    test = replace(estimate, statistic="p_value", value=0.04, status="fallback", method="Fisher's exact test")
    text = sentence_of([*others, test], "il17").text
    assert "could not be estimated" in text
    assert "Compared instead by Fisher's exact test: nominal p = 0.04" in text


def test_a_fall_back_is_told():
    made = typed("estimate", 1.0, rows(BY_ID["sf36_pcs"]), status="fallback", note="stratum dropped")
    assert sentence_of(made).text.endswith("Fall-back: stratum dropped.")


def test_the_headline_says_which_values_were_not_measured_at_the_visit():
    told = "Unable to perform the test at this visit: Placebo 2, MSC 2 assessments; counted as 28 s (declared worst"
    assert sentence_of(rows(BY_ID["tug"]), "tug").text.endswith(f" {told} value).")


def test_methods_and_table_say_which_values_were_not_measured_over_all_visits(html):
    told = "Unable to perform the test: Placebo 8, MSC 8 assessments; counted as 28 s (declared worst value)."
    section = html[html.index('id="endpoint-tug"') : html.index('id="endpoint-il17"')]
    assert told in section
    assert told in html[html.index('id="methods"') :]


def test_without_a_primary_endpoint_the_page_starts_with_the_study():
    page = rendered_report(endpoints=SOME[1:3])
    assert "Primary result" not in page
    assert "primary-result" not in page
    assert "No endpoint of this study is declared primary." in page
    assert page.index("</header>") < page.index('id="contents"') < page.index("<h2")
    assert set(Page(page).links) <= set(Page(page).ids)


def test_a_reason_for_leaving_keeps_its_capitals():
    made = [replace(row, statistic=row.statistic.replace("lost_to_follow_up", "I/E Not Met")) for row in flow_rows()]
    assert "I/E Not Met" in [head for head, _, _ in flow_grid(made, report_settings()).lines]


def test_a_count_that_nobody_made_is_a_note_and_no_line():
    note = "the data have neither dates of first dose nor a flag of those treated"
    unknown = {"value": None, "status": "not_estimable", "note": note}
    made = [replace(row, **unknown) if row.statistic == "n_treated" else row for row in flow_rows()]
    grid = flow_grid(made, report_settings())
    assert "Received treatment" not in [head for head, _, _ in grid.lines]
    assert grid.notes == [f"Received treatment: {note}."]


def test_records_outside_all_windows_are_counted():
    grid = values_grid(flow_rows(), "sf36_pcs", "SF-36", report_settings())
    assert grid is not None
    lines = [(head, cells) for head, cells, _ in grid.lines]
    assert lines[0] == ("Baseline", ["15", "15", "30"])
    assert lines[-1] == ("Records outside all windows", ["0", "2", "2"])


def test_results_computed_twice_say_how_far_apart_they_are():
    grid = second_grid(second_rows(), report_settings())
    assert [(cells[0], cells[-1]) for _, cells, _ in grid.lines] == [
        ("main analysis", "below 1e-6"),
        ("main analysis", "2.3e-06"),
        ("main analysis", "not compared: cox has no second path"),
    ]
    assert 'id="second-table"' in rendered_report(endpoints=SOME)


def test_participants_who_are_not_randomized_are_counted_and_listed(html):
    grid = quality_grid(quality_rows())
    assert ("Participants not randomized", ["note", "1", "sf36 1"], False) in grid.lines
    assert grid.notes[-1] == "In the forms but not randomized, so in no analysis: 01-<099>."
    assert "01-&lt;099&gt;" in html


def test_a_long_list_of_them_is_cut():
    ids = ", ".join(f"{i:03d}" for i in range(25))
    made = [replace(row, note=ids) if row.note else row for row in quality_rows()]
    assert quality_grid(made).notes[-1].endswith("018, 019 and 5 more (summaries/data_quality/results.csv).")


def test_flow_counts_by_arm_and_in_all():
    grid = flow_grid(flow_rows(), report_settings())
    lines = {head: cells for head, cells, _ in grid.lines}
    assert grid.heads == ("", "Placebo", "MSC", "All")
    assert lines["Randomized"] == ["15", "15", "30"]
    assert lines["Lost to follow up"] == ["1", "2", "3"]


def test_populations_have_their_definition_and_counts():
    lines = {head: cells for head, cells, _ in population_grid(population_rows(), report_settings()).lines}
    assert lines["Per protocol"] == ["DEVIATION == 'N' and DOSES >= 2", "13 (87%)", "13 (87%)", "26 (87%)"]
    assert lines["Safety (as treated)"] == ["everybody treated", "14 (93%)", "15 (100%)", "29 (97%)"]


def test_baseline_describes_numbers_and_counts_texts():
    lines = {head: cells for head, cells, _ in baseline_grid(baseline_rows(), report_settings()).lines}
    assert lines["mean (SD)"] == ["71.2 (4.1)", "70.4 (3.9)", "70.8 (4.0)"]
    assert lines["median [Q1, Q3]"][0] == "71.0 [68.0, 74.0]"
    assert lines["F"] == ["8 (53%)", "7 (47%)", "15 (50%)"]
    assert lines["missing"] == ["0", "1", "1"]


def test_data_quality_counts_each_rule_and_says_where():
    lines = {head: cells for head, cells, _ in quality_grid(quality_rows()).lines}
    assert lines["Out of window"] == ["query", "4", "tug 4"]


def test_troubles_name_each_problem_once():
    assert (
        len(troubles(row for row in rows(BY_ID["il17"]) if row.analysis == "primary" and row.population == "itt")) == 1
    )
    assert troubles(rows(BY_ID["grip"])) == []


def test_inlined_figures_have_ids_of_their_own():
    svg = (
        '<?xml version="1.0"?><svg viewBox="0 0 9 9" width="9pt"><!-- x --><defs><clipPath id="c"/></defs>'
        '<g clip-path="url(#c)"><use xlink:href="#c"/><text>A</text></g></svg>'
    )
    made = inline_svg(svg, "tug", 'a "picture"')
    assert 'id="tug-c"' in made
    assert "url(#tug-c)" in made
    assert 'href="#tug-c"' in made
    assert 'aria-label="a &quot;picture&quot;"' in made
    assert "width=" not in made


def test_a_file_that_is_no_figure_is_refused():
    with pytest.raises(FigureError, match="forest"):
        inline_svg("", "forest", "")


def test_settings_of_the_report_know_every_endpoint():
    assert [e.id for e in report_settings().endpoints] == [e.id for e in ENDPOINTS]
    assert displays(ENDPOINTS[0])[1] == report_settings().endpoints[0]
