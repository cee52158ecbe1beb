"""What reading found in a form stands in its ledger, with the patient."""

import pandas as pd
from rctflow.clean.settings import Clean
from rctflow.clean.table import clean_table


def test_findings_of_reading_are_ledger_rows_and_values_stay() -> None:
    source = pd.DataFrame({"SUBJID": ["01", "02"], "SEX": ["M", "=1+1"], "SRCROW": [1, 5]})
    finding = {"SRCROW": 5, "column": "SEX", "old": "=1+1", "rule": "unlisted", "severity": "query", "message": "Odd."}
    clean, ledger = clean_table(source, Clean("dm", "SUBJID"), [finding], where="tables.dm")
    assert clean["SEX"].tolist() == ["M", "=1+1"]
    assert ledger.iloc[0].to_dict() == {"table": "dm", "subject": "02", "new": "=1+1"} | finding
