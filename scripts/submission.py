"""Adapter of rule submission: derived data -> SAS transport files, Dataset-JSON, define.xml, page of variables."""

from rctflow.job import job

with job(snakemake.log[0]):
    from pathlib import Path

    import pandas as pd
    from rctflow.settings import settings_from
    from rctflow.submission.settings import Standard
    from rctflow.submission.write import write_submission

    tables = {Path(file).stem: pd.read_parquet(file) for file in snakemake.input.tables}
    standard = settings_from(Standard, snakemake.params.standard)
    write_submission(tables, standard, Path(snakemake.output.define).parent)
