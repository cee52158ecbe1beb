"""Result rows of the CDISC pilot's laboratory, vital signs and medication, and the tests' names in print."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd

TESTS = {
    "ALBUMIN": "ALB",
    "ALKALINE PHOSPHATASE": "ALP",
    "ALANINE AMINOTRANSFERASE": "ALT",
    "ASPARTATE AMINOTRANSFERASE": "AST",
    "BILIRUBIN": "BILI",
    "UREA NITROGEN": "BUN",
    "CALCIUM": "CA",
    "CHOLESTEROL": "CHOL",
    "CREATINE KINASE": "CK",
    "CHLORIDE": "CL",
    "CREATININE": "CREAT",
    "GAMMA GLUTAMYL TRANSFERASE": "GGT",
    "GLUCOSE": "GLUC",
    "POTASSIUM": "K",
    "SODIUM": "SODIUM",
    "PHOSPHATE": "PHOS",
    "PROTEIN": "PROT",
    "URATE": "URATE",
    "BASOPHILS": "BASO",
    "EOSINOPHILS": "EOS",
    "HEMATOCRIT": "HCT",
    "HEMOGLOBIN": "HGB",
    "LYMPHOCYTES": "LYM",
    "ERY. MEAN CORPUSCULAR HEMOGLOBIN": "MCH",
    "ERY. MEAN CORPUSCULAR HB CONCENTRATION": "MCHC",
    "ERY. MEAN CORPUSCULAR VOLUME": "MCV",
    "MONOCYTES": "MONO",
    "PLATELET": "PLAT",
    "ERYTHROCYTES": "RBC",
    "LEUKOCYTES": "WBC",
}
LEVELS = ("LOW", "NORMAL", "HIGH")
Found = Callable[..., float]


def of_results(results: Path) -> Found:
    """The value of a row by analysis, arm, statistic and visit; None where there is no such row."""
    names = ("laboratory", "vital_signs", "medication")
    files = [file for name in names if (file := results / f"summaries/{name}/results.csv").exists()]
    rows = pd.concat([pd.read_csv(file, keep_default_na=False) for file in files])
    keys = zip(rows["analysis"], rows["group"], rows["statistic"], rows["visit"], strict=True)
    values = dict(zip(keys, pd.to_numeric(rows["value"]), strict=True))
    return lambda analysis, arm, statistic, visit="": values.get((analysis, arm, statistic, visit))
