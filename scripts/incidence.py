"""Adapter of rule incidence: result rows of adverse events -> one wide table."""

from rctflow.job import job

with job(snakemake.log[0]):
    from pathlib import Path

    from rctflow.display import StudyDisplay
    from rctflow.outputs import write_text
    from rctflow.results import read_results
    from rctflow.settings import settings_from
    from rctflow.tables.adverse_events import incidence_csv

    display = settings_from(StudyDisplay, snakemake.params.display)
    write_text(incidence_csv(read_results(Path(snakemake.input.results)), display), snakemake.output[0])
