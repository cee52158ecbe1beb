"""Adapter of the rules summary_<name>: ADSL and what the summary reads -> its result rows."""

from rctflow.job import job

with job(snakemake.log[0]):
    from pathlib import Path

    from rctflow.results import write_results
    from rctflow.summaries.registry import summarized
    from rctflow.summaries.sources import read_sources

    write_results(summarized(snakemake.params.summary, read_sources(snakemake.input)), Path(snakemake.output[0]))
