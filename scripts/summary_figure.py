"""Adapter of rule summary_figure: result rows of one summary -> one figure."""

from rctflow.job import job

with job(snakemake.log[0]):
    from pathlib import Path

    from rctflow.display import StudyDisplay
    from rctflow.figures.registry import drawn
    from rctflow.figures.style import save_svg
    from rctflow.results import read_results
    from rctflow.settings import settings_from

    rows = read_results(Path(snakemake.input.results))
    display = settings_from(StudyDisplay, snakemake.params.display)
    save_svg(drawn(*snakemake.params.figure, rows, display), snakemake.output[0])
