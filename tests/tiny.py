"""A tiny study for tests of the config and of the workflow: 12 patients, 3 visits, 3 endpoints, three raw forms."""

from __future__ import annotations

import copy
import random
from pathlib import Path
from typing import Any

import pytest
import yaml
from rctflow.study.load import load_study
from rctflow.study.messages import ConfigError
from rctflow.study.model import Study

CONFIG: dict[str, Any] = {
    "study": {"id": "tiny", "title": "A tiny trial", "data": "synthetic"},
    "source": {"kind": "files", "folder": "data"},
    "arms": {
        "reference": "placebo",
        "levels": {"placebo": {"label": "Placebo", "values": ["P"]}, "drug": {"label": "Drug", "values": ["D"]}},
    },
    "visits": {
        "baseline": {"label": "Baseline", "day": 0, "window": [-14, 0], "baseline": True},
        "week4": {"label": "Week 4", "day": 28, "window": [14, 41]},
        "week8": {"label": "Week 8", "day": 56, "window": [42, 70]},
    },
    "tables": {
        "subjects": {
            "file": "subjects.csv",
            "subject": "ID",
            "columns": {"ARM": {"required": True}, "SITE": {}, "AGE": {"type": "number"}, "START": {"type": "date"}},
            "constant": ["ARM"],
        },
        "walk": {
            "file": "walk.csv",
            "subject": "ID",
            "visit": "VISIT",
            "date": "DATE",
            "columns": {"SECONDS": {"type": "number", "range": [1, 60], "codes": {"unable": "unable"}}},
        },
        "blood": {
            "file": "blood.csv",
            "subject": "ID",
            "visit": "VISIT",
            "date": "DATE",
            "columns": {"CRP": {"type": "number", "censored": True}, "HB": {"type": "number"}},
        },
    },
    "subjects": {
        "table": "subjects",
        "planned": {"table": "subjects", "column": "ARM"},
        "randomized": {"table": "subjects", "column": "START"},
        "first_dose": {"table": "subjects", "column": "START"},
        "strata": {"SITE": {"table": "subjects", "column": "SITE"}},
        "covariates": {"AGE": {"table": "subjects", "column": "AGE"}},
    },
    "populations": {"itt": {"label": "Intention to treat", "where": "RANDFL == 'Y'", "flag": "ITTFL"}},
    "analyses": {
        "ancova": {"model": "ancova", "populations": ["itt"]},
        "descriptive": {"model": "descriptive", "populations": ["itt"]},
    },
    "endpoints": {
        "walk": {
            "label": "Walk",
            "role": "primary",
            "table": "walk",
            "column": "SECONDS",
            "unit": "s",
            "direction": "lower",
            "unable": {"rule": "worst", "value": 60},
            "analyses": ["ancova", "descriptive"],
        },
        "crp": {
            "label": "CRP",
            "table": "blood",
            "column": "CRP",
            "unit": "mg/L",
            "direction": "lower",
            "below": "half",
            "analyses": ["ancova", "descriptive"],
        },
        "hb": {
            "label": "Haemoglobin",
            "table": "blood",
            "column": "HB",
            "unit": "g/L",
            "direction": "higher",
            "analyses": ["ancova", "descriptive"],
        },
    },
}


def tiny_config() -> dict[str, Any]:
    """A copy that a test may change."""
    return copy.deepcopy(CONFIG)


def write_config(config: dict[str, Any], path: Path) -> Path:
    """Write a config as YAML."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")
    return path


def loaded(config: dict[str, Any], folder: Path) -> Study:
    """The study of a config. Raises ConfigError."""
    return load_study(write_config(config, folder / "study.yaml"))


def problems(config: dict[str, Any], folder: Path) -> dict[str, str]:
    """Place -> problem, of a config that must be refused."""
    with pytest.raises(ConfigError) as caught:
        loaded(config, folder)
    return dict(caught.value.problems)


def write_data(folder: Path) -> None:
    """Write the three raw forms; the numbers are drawn once, from a fixed seed, and mean nothing."""
    folder.mkdir(parents=True, exist_ok=True)
    chance = random.Random(1)
    subjects, walk, blood = ["ID,ARM,SITE,AGE,START"], ["ID,VISIT,DATE,SECONDS"], ["ID,VISIT,DATE,CRP,HB"]
    days = {"Baseline": "2024-01-01", "Week 4": "2024-01-29", "Week 8": "2024-02-26"}
    for number in range(1, 13):
        name = f"S{number:02d}"
        subjects.append(f"{name},{'PD'[number % 2]},{'AB'[number % 3 == 0]},{60 + number},2024-01-01")
        for visit, date in days.items():
            seconds = "unable" if (number, visit) == (5, "Week 8") else f"{chance.gauss(14, 3):.2f}"
            crp = "<0.5" if (number, visit) == (7, "Week 4") else f"{chance.uniform(0.6, 9):.1f}"
            walk.append(f"{name},{visit},{date},{seconds}")
            blood.append(f"{name},{visit},{date},{crp},{chance.gauss(130, 9):.0f}")
    for file, lines in (("subjects", subjects), ("walk", walk), ("blood", blood)):
        (folder / f"{file}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


EVENTS = (
    *(
        "S01,1,Headache,Headache,Nervous,2024-01-05,2024-01-06,1,N,none",
        "S02,1,head ache,Headache,Nervous,2024-01,,2,N,none",
    ),
    *("S03,1,Nausea,Nausea,Gut,2024-02-01,2024-02-03,1,N,none", "S05,1,nausea,Nausea,Gut,2024-01-29,,1,N,none"),
    *(
        "S07,1,Headache,Headache,Nervous,2024-01-02,,3,N,stopped",
        "S08,1,Nausea,Nausea,Gut,2023-12-20,2023-12-22,1,N,none",
    ),
    *(
        "S09,1,Headache,Headache,Nervous,2024-02-26,,1,N,none",
        "S11,1,Zebra bite,Zebra bite,Injury,2024-01-29,,4,Y,stopped",
    ),
    "S11,2,Headache,Headache,Nervous,2024-02-20,,1,N,none",
)


def with_adverse_events(config: dict[str, Any], folder: Path) -> dict[str, Any]:
    """The config with adverse events, listed, counted and shown; their form is written to ``folder``.

    S11 alone had a serious event, which nobody else had; S08 one before the first dose; no day is known of that of S02.
    """
    lines = ["ID,NO,TERM,PT,SOC,BEGIN,END,GRADE,SERIOUS,ACTION", *EVENTS]
    (folder / "ae.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    date, number = {"type": "date", "partial": "first"}, {"type": "integer"}
    columns = {"NO": number, "TERM": {"required": True}, "PT": {}, "SOC": {}, "BEGIN": date, "END": date}
    columns |= {"GRADE": number | {"range": [1, 5]}, "SERIOUS": {}, "ACTION": {}}
    config["tables"]["ae"] = {"file": "ae.csv", "subject": "ID", "columns": columns}
    config["subjects"]["end_of_study"] = {"table": "walk", "column": "DATE", "pick": "max"}
    config["adverse_events"] = {
        **{"table": "ae", "term": "TERM", "preferred": "PT", "system": "SOC", "start": "BEGIN", "end": "END"},
        "grade": {"column": "GRADE"},
        "serious": {"column": "SERIOUS", "counts": ["Y"], "others": ["N"]},
        "withdrawal": {"column": "ACTION", "counts": ["stopped"], "others": ["none"]},
    }
    config["summaries"] = {"adverse_events": {"meddra": "27.0", "ctcae": "5.0"}}
    return config


def with_findings(config: dict[str, Any]) -> dict[str, Any]:
    """The config with the blood's tests as a data set of findings, and its summary, the liver's tests included."""
    tests = {
        "HB": {"label": "Haemoglobin", "unit": "g/L", "low": 120, "high": 150, "marked_below": 100},
        "CRP": {"label": "C-reactive protein", "unit": "mg/L", "high": 5, "marked_high_times": 2},
    }
    config["findings"] = {"adlb": {"table": "blood", "tests": tests, "below": "half", "above": "limit"}}
    liver = {"alt": "HB", "ast": "HB", "bilirubin": "CRP"}
    summaries = config.get("summaries", {})
    config["summaries"] = summaries | {"laboratory": {"dataset": "adlb", "liver": liver}}
    return config
