"""Adapter of rule subgroups: one endpoint's result rows -> the forest of its subgroups."""

from rctflow.job import job

with job(snakemake.log[0]):
    from pathlib import Path

    from rctflow.display import Display
    from rctflow.figures.style import save_svg
    from rctflow.figures.subgroups import draw_subgroups
    from rctflow.results import read_results
    from rctflow.settings import settings_from

    rows = read_results(Path(snakemake.input.results))
    display = settings_from(Display, snakemake.params.display)
    save_svg(draw_subgroups(rows, display, snakemake.params.factors), snakemake.output[0])
