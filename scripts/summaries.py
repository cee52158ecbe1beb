"""Adapter of rule summaries: ADSL, records, clean tables, ledgers -> rows of flow, baseline and data quality."""

from rctflow.job import job

with job(snakemake.log[0]):
    from pathlib import Path

    import pandas as pd
    from rctflow.disclosure import disclosable
    from rctflow.results import write_results
    from rctflow.settings import settings_from
    from rctflow.summaries.baseline import summarize_baseline
    from rctflow.summaries.flow import summarize_flow
    from rctflow.summaries.quality import summarize_ledger, summarize_not_randomized
    from rctflow.summaries.settings import Summaries

    settings = settings_from(Summaries, snakemake.params.summaries)
    adsl = pd.read_parquet(snakemake.input.adsl)
    ledgers = {Path(file).name.split(".")[0]: pd.read_csv(file, dtype=str) for file in snakemake.input.ledgers}
    primary = {Path(file).stem: pd.read_parquet(file) for file in snakemake.input.primary}
    flow, baseline = summarize_flow(adsl, settings, primary), summarize_baseline(adsl, settings)
    write_results(disclosable(flow, settings.small_cells), Path(snakemake.output.flow))
    write_results(disclosable(baseline, settings.small_cells), Path(snakemake.output.baseline))
    tables = {Path(file).stem: pd.read_parquet(file, columns=["USUBJID"]) for file in snakemake.input.tables}
    quality = [*summarize_ledger(ledgers, settings), *summarize_not_randomized(tables, adsl, settings)]
    write_results(disclosable(quality, settings.small_cells), Path(snakemake.output.quality))
