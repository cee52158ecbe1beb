"""A small study with every model as the main analysis of an endpoint: 40 patients, 2 visits after baseline, 4 forms."""

from __future__ import annotations

import copy
import random
from pathlib import Path
from typing import Any

from tests.tiny import CONFIG as TINY

VISITS = {"Baseline": "2024-01-01", "Week 4": "2024-01-29", "Week 8": "2024-02-26"}
PATIENTS = 40


def endpoint(label: str, table: str, column: str, analysis: str, **more: Any) -> dict[str, Any]:
    """An endpoint with one analysis, beside the description where there is something to describe."""
    analyses = [analysis] if more.pop("alone", False) else [analysis, "descriptive"]
    fixed = {"label": label, "table": table, "column": column, "analyses": analyses, "direction": "lower"}
    return fixed | more


ONCE = {"baseline": False, "visits": ["week8"], "alone": True}
CONFIG: dict[str, Any] = {
    "study": {"id": "catalogue", "title": "A trial of every model", "data": "synthetic"},
    "source": {"kind": "files", "folder": "data"},
    "arms": TINY["arms"],
    "visits": TINY["visits"],
    "tables": {
        "subjects": {
            "file": "subjects.csv",
            "subject": "ID",
            "columns": {
                "ARM": {"required": True},
                "SITE": {},
                "AGE": {"type": "number"},
                "YEARS": {"type": "number"},
                "START": {"type": "date"},
            },
            "constant": ["ARM"],
        },
        "walk": {
            "file": "walk.csv",
            "subject": "ID",
            "visit": "VISIT",
            "date": "DATE",
            "columns": {"SECONDS": {"type": "number"}, "STEPS": {"type": "integer"}, "ABLE": {"type": "integer"}},
        },
        "blood": {
            "file": "blood.csv",
            "subject": "ID",
            "visit": "VISIT",
            "date": "DATE",
            "columns": {"CRP": {"type": "number", "censored": True}},
        },
        "events": {
            "file": "events.csv",
            "subject": "ID",
            "visit": "VISIT",
            "date": "DATE",
            "columns": {"FALLS": {"type": "integer"}, "RELAPSE": {"type": "number", "censored": True}},
        },
    },
    "subjects": {
        "table": "subjects",
        "planned": {"table": "subjects", "column": "ARM"},
        "randomized": {"table": "subjects", "column": "START"},
        "first_dose": {"table": "subjects", "column": "START"},
        "strata": {"SITE": {"table": "subjects", "column": "SITE"}},
        "covariates": {
            "AGE": {"table": "subjects", "column": "AGE"},
            "YEARS": {"table": "subjects", "column": "YEARS"},
        },
    },
    "populations": {"itt": {"label": "Intention to treat", "where": "RANDFL == 'Y'", "flag": "ITTFL"}},
    "analyses": {
        "descriptive": {"model": "descriptive", "populations": ["itt"]},
        **{name: {"model": name, "populations": ["itt"]} for name in ("ancova", "mmrm", "gee", "wilcoxon")},
        "responder": {"model": "responder", "populations": ["itt"], "options": {"at_least": 1}},
        "binary": {"model": "binary", "populations": ["itt"], "outcome": "value"},
        "gee_logit": {"model": "gee_logit", "populations": ["itt"], "outcome": "value", "baseline": False},
        "proportional_odds": {"model": "proportional_odds", "populations": ["itt"], "outcome": "value"},
        "cmh": {"model": "cmh", "populations": ["itt"], "outcome": "value", "baseline": False},
        "censored": {"model": "censored", "populations": ["itt"], "log": True},
        "times": {"model": "time_to_event", "populations": ["itt"], "outcome": "value", "baseline": False},
        **{
            name: {
                "model": "counts",
                "populations": ["itt"],
                "outcome": "value",
                "baseline": False,
                "options": {"distribution": name, "exposure": "YEARS"},
            }
            for name in ("poisson", "negative_binomial")
        },
    },
    "endpoints": {
        "relapse": endpoint(
            "Time to relapse", "events", "RELAPSE", "times", direction="higher", unit="days", above="limit", **ONCE
        ),
        "falls": endpoint("Falls", "events", "FALLS", "negative_binomial", **ONCE),
        "falls_poisson": endpoint("Falls, as a Poisson process", "events", "FALLS", "poisson", **ONCE),
        "able": endpoint("Ability to walk alone", "walk", "ABLE", "gee_logit", direction="higher"),
        "able_at_visits": endpoint("Ability at each visit", "walk", "ABLE", "binary", direction="higher"),
        "walk": endpoint("Walk", "walk", "SECONDS", "gee", unit="s"),
        "walk_mmrm": endpoint("Walk, all visits", "walk", "SECONDS", "mmrm", unit="s"),
        "walk_ancova": endpoint("Walk, each visit", "walk", "SECONDS", "ancova", unit="s"),
        "walk_response": endpoint("Walk, response", "walk", "SECONDS", "responder", unit="s"),
        "steps": endpoint("Stair score", "walk", "STEPS", "wilcoxon", direction="higher", unit="points"),
        "steps_levels": endpoint("Stair score, levels", "walk", "STEPS", "cmh", direction="higher"),
        "steps_odds": endpoint("Stair score, odds", "walk", "STEPS", "proportional_odds", direction="higher"),
        "crp": endpoint("CRP", "blood", "CRP", "censored", unit="mg/L", below="half", digits=2),
    },
}


def catalogue_config() -> dict[str, Any]:
    """A copy that a test may change."""
    return copy.deepcopy(CONFIG)


def write_catalogue(folder: Path) -> None:
    """Write the raw forms; the numbers are drawn once, from a fixed seed, with an effect of the drug on everything."""
    folder.mkdir(parents=True, exist_ok=True)
    chance = random.Random(5)
    forms = {"subjects": ["ID,ARM,SITE,AGE,YEARS,START"], "walk": ["ID,VISIT,DATE,SECONDS,STEPS,ABLE"]}
    forms |= {"blood": ["ID,VISIT,DATE,CRP"], "events": ["ID,VISIT,DATE,FALLS,RELAPSE"]}
    for number in range(1, PATIENTS + 1):
        name, drug, own = f"S{number:02d}", number % 2, chance.gauss(0, 1)
        years = round(chance.uniform(0.1, 0.2), 3)
        forms["subjects"].append(f"{name},{'PD'[drug]},{'AB'[number % 4 > 1]},{60 + number % 17},{years},2024-01-01")
        for visit, date in VISITS.items():
            given = drug * (visit != "Baseline")
            seconds = 14 + 2 * own - 1.5 * given + chance.gauss(0, 1.5)
            able = int(chance.random() < 0.45 + 0.25 * given - 0.05 * own)
            steps = min(max(round(5 - own + given + chance.gauss(0, 1)), 0), 8)
            crp = 2.718 ** (0.8 + 0.5 * own - 0.5 * given + chance.gauss(0, 0.6))
            forms["walk"].append(f"{name},{visit},{date},{seconds:.2f},{steps},{able}")
            forms["blood"].append(f"{name},{visit},{date},{f'{crp:.2f}' if crp >= 1 else '<1'}")
        falls = sum(chance.random() < 0.3 - 0.12 * drug + 0.08 * own for _ in range(12))
        days = 1 + round(chance.expovariate(1 / (35 + 30 * drug)))
        relapse = str(days) if days <= 56 else ">56"
        if number % 9 == 0:
            relapse = f">{min(days, 20 + number // 2)}"
        forms["events"].append(f"{name},Week 8,{VISITS['Week 8']},{falls},{relapse}")
    for file, lines in forms.items():
        (folder / f"{file}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
