"""Adapter of rule subjects: clean tables -> ADSL."""

from rctflow.job import job

with job(snakemake.log[0]) as log:
    from pathlib import Path

    import pandas as pd
    from rctflow.derive.settings import Subjects
    from rctflow.derive.subjects import derive_subjects
    from rctflow.outputs import write_parquet
    from rctflow.settings import settings_from

    tables = {Path(file).stem: pd.read_parquet(file) for file in snakemake.input.tables}
    settings = settings_from(Subjects, snakemake.params.subjects)
    adsl = derive_subjects(tables, settings, where=f"{snakemake.params.config}: subjects", log=log)
    write_parquet(adsl, snakemake.output[0])
