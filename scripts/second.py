"""Adapter of rule second: records, ADSL, first result rows -> the same numbers computed again; other numbers fail."""

from rctflow.job import job

with job(snakemake.log[0]):
    from pathlib import Path

    import pandas as pd
    from rctflow.results import read_results, write_results
    from rctflow.second.check import compute_again
    from rctflow.second.settings import Second
    from rctflow.settings import settings_from

    settings = settings_from(Second, snakemake.params.second)
    records = {Path(file).stem: pd.read_parquet(file) for file in snakemake.input.records}
    first = {Path(file).parent.name: read_results(Path(file)) for file in snakemake.input.results}
    rows = compute_again(settings, pd.read_parquet(snakemake.input.adsl), records, first)
    write_results(rows, Path(snakemake.output[0]))
