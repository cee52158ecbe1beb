"""The synthetic trial of ``./run bench scale``: its forms as files, and the config that they belong to."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

DAYS = (0, 7, 14, 28, 56, 84, 112, 140)
TESTS = ("ALT", "AST", "ALP", "BILI", "CREAT", "HGB", "WBC", "NEUT", "LYM", "PLT")
DIARY_DAYS = 112
ITEMS = 36


def write_trial(folder: Path, patients: int) -> int:
    """Forms and config of a trial of this size in ``folder``; returns the bytes of the forms."""
    import numpy as np
    import pandas as pd
    import yaml

    rng = np.random.default_rng(patients)
    data = folder / "data"
    data.mkdir()
    subject = np.array([f"S{i:05d}" for i in range(patients)])
    start = pd.Timestamp("2019-01-01") + pd.to_timedelta(rng.integers(0, 365, patients), unit="D")
    arm = np.where(rng.permutation(patients) % 2, "A", "B")
    forms = {"subjects": {"ID": subject, "ARM": arm, "START": _text(start)}}
    who, day = _crossed(patients, len(DAYS))
    at = start[who] + pd.to_timedelta(np.array(DAYS)[day], unit="D")
    visit = np.array([f"Day {d}" for d in DAYS])[day]
    forms["lab"] = _laboratory(subject[who], visit, at, rng)
    items = {f"I{n:02d}": rng.integers(1, 4, len(who)) for n in range(1, ITEMS + 1)}
    forms["qs"] = {"ID": subject[who], "VISIT": visit, "DATE": _text(at), **items}
    who, day = _crossed(patients, DIARY_DAYS)
    forms["diary"] = _diary(subject[who], start[who] + pd.to_timedelta(day, unit="D"), rng)
    for name, columns in forms.items():
        pd.DataFrame(columns).to_csv(data / f"{name}.csv", index=False)
    (folder / "config/scale.yaml").write_text(yaml.safe_dump(config(), sort_keys=False), encoding="utf-8")
    return sum(file.stat().st_size for file in data.iterdir())


def _laboratory(
    subject: np.ndarray, visit: np.ndarray, at: pd.DatetimeIndex, rng: np.random.Generator
) -> dict[str, Any]:
    """A row per patient, visit and test."""
    import numpy as np
    import pandas as pd

    k = np.tile(np.arange(len(TESTS)), len(subject))
    return {
        "ID": np.repeat(subject, len(TESTS)),
        "VISIT": np.repeat(visit, len(TESTS)),
        "LBDAT": np.repeat(_text(at), len(TESTS)),
        "LBTESTCD": np.array(TESTS)[k],
        "LBORRES": np.round(np.exp(rng.normal(3.5, 0.5, len(k))), 1),
        "LBORRESU": "U/L",
        "LBORNRLO": "10",
        "LBORNRHI": "60",
        "ENTRYDT": np.repeat(_text(at + pd.Timedelta(days=2)), len(TESTS)),
    }


def _diary(subject: np.ndarray, at: pd.DatetimeIndex, rng: np.random.Generator) -> dict[str, Any]:
    """A row per patient and day."""
    import numpy as np

    return {
        "ID": subject,
        "DATE": _text(at),
        "PAIN": rng.integers(0, 11, len(subject)),
        "SLEEP": np.round(rng.normal(7, 1, len(subject)), 1),
        "STEPS": rng.integers(0, 20000, len(subject)),
        "NOTE": "as usual, nothing else",
    }


def _crossed(patients: int, times: int) -> tuple[Any, Any]:
    import numpy as np

    return np.repeat(np.arange(patients), times), np.tile(np.arange(times), patients)


def _text(dates: Any) -> Any:
    return dates.strftime("%Y-%m-%d").to_numpy()


def config() -> dict[str, Any]:
    """The study that the forms belong to."""
    arm, start = {"table": "subjects", "column": "ARM"}, {"table": "subjects", "column": "START"}
    items = {f"PF{n:02d}": f"I{n:02d}" for n in range(1, 11)}
    endpoint = {"direction": "lower", "analyses": ["descriptive"]}
    return {
        "study": {"id": "scale", "title": "A large trial", "data": "synthetic"},
        "source": {"kind": "files", "folder": "data"},
        "arms": {
            "reference": "a",
            "levels": {name: {"label": name.upper(), "values": [name.upper()]} for name in "ab"},
        },
        "visits": _visits(),
        "tables": _tables(),
        "subjects": {"table": "subjects", "planned": arm, "randomized": start, "first_dose": start},
        "populations": {"itt": {"label": "All", "where": "RANDFL == 'Y'", "flag": "ITTFL"}},
        "instruments": {"sf36": {"file": "sf36v1", "table": "qs", "items": items}},
        "analyses": {"descriptive": {"model": "descriptive", "populations": ["itt"]}},
        "endpoints": {
            "pain": {"label": "Pain", "role": "primary", "table": "diary", "column": "PAIN", **endpoint},
            "pf": {"label": "Physical functioning", "instrument": "sf36", "score": "PF", **endpoint},
        },
        "findings": {
            "adlb": {
                **{"table": "lab", "test": "LBTESTCD", "value": "LBORRES", "low": "LBORNRLO", "high": "LBORNRHI"},
                "tests": {test: {"label": test, "unit": "U/L", "marked_high_times": 3} for test in TESTS},
            }
        },
    }


def _visits() -> dict[str, Any]:
    """Each day of ``DAYS`` with a window to the day before the next."""
    ends = [*(day - 1 for day in DAYS[1:]), DAYS[-1] + 30]
    visits: dict[str, dict[str, Any]] = {
        f"day{day}": {"label": f"Day {day}", "day": day, "window": [day if day else -28, end if day else 0]}
        for day, end in zip(DAYS, ends, strict=True)
    }
    visits["day0"]["baseline"] = True
    return visits


def _tables() -> dict[str, Any]:
    """The four forms: subjects, laboratory (a row per test), questionnaire, diary (a row per day)."""
    form = {"subject": "ID", "visit": "VISIT"}
    number = {"type": "number", "range": [0, 100000]}
    lab: dict[str, Any] = {name: {"type": "number"} for name in ("LBORRES", "LBORNRLO", "LBORNRHI")}
    lab |= {"LBTESTCD": {"required": True}, "LBORRESU": {}, "ENTRYDT": {"type": "date"}}
    laboratory = {
        **{"file": "lab.csv", "date": "LBDAT", "columns": lab},
        "duplicates": {"keep": "last", "order": "ENTRYDT", "key": ["ID", "VISIT", "LBTESTCD"]},
        "long": {"test": "LBTESTCD", "value": "LBORRES"},
        "tests": {"ALT": {"range": [0, 5000], "fold": 20}},
    }
    items = {f"I{n:02d}": {"type": "integer", "range": [1, 3]} for n in range(1, ITEMS + 1)}
    diary = {"DATE": {"type": "date"}, **{name: dict(number) for name in ("PAIN", "SLEEP", "STEPS")}}
    return {
        "subjects": {"file": "subjects.csv", "subject": "ID", "columns": {"ARM": {}, "START": {"type": "date"}}},
        "lab": laboratory | form,
        "qs": {"file": "qs.csv", "date": "DATE", "columns": items} | form,
        "diary": {
            **{"file": "diary.csv", "subject": "ID", "date": "DATE", "columns": diary},
            "duplicates": {"key": ["ID", "DATE"]},
        },
    }
