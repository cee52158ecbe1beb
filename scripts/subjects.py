"""Adapter of rule subjects: clean tables -> ADSL."""

from rctflow.job import job

with job(snakemake.log[0], snakemake.params.config) as log:
    from pathlib import Path

    import pandas as pd

    from rctflow.derive.settings import Subjects
    from rctflow.derive.subjects import derive_subjects, unrandomized
    from rctflow.outputs import write_parquet
    from rctflow.settings import settings_from

    tables = {Path(file).stem: pd.read_parquet(file) for file in snakemake.input.tables}
    settings = settings_from(Subjects, snakemake.params.subjects)
    adsl = derive_subjects(tables, settings)
    log.write(f"not randomized, not in ADSL: {', '.join(unrandomized(tables, adsl, settings)) or 'nobody'}\n")
    write_parquet(adsl, snakemake.output[0])
