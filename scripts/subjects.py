"""Adapter of rule subjects: clean tables -> ADSL."""

from rctflow.job import job

with job(snakemake.log[0]) as log:
    from pathlib import Path

    import pandas as pd

    from rctflow.derive import derive_subjects
    from rctflow.derive.settings import Subjects
    from rctflow.outputs import write_parquet
    from rctflow.settings import settings_from

    tables = {Path(file).stem: pd.read_parquet(file) for file in snakemake.input.tables}
    adsl = derive_subjects(tables, settings_from(Subjects, snakemake.params.subjects), where=snakemake.params.place, log=log)
    write_parquet(adsl, snakemake.output[0])
