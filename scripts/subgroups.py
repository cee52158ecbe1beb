"""Adapter of rule subgroups: one endpoint's result rows -> the forest and the table of its subgroups."""

from rctflow.job import job

with job(snakemake.log[0]):
    from pathlib import Path

    from rctflow.display import Display
    from rctflow.figures.style import save_svg
    from rctflow.figures.subgroups import draw_subgroups
    from rctflow.outputs import write_text
    from rctflow.results import read_results
    from rctflow.settings import settings_from
    from rctflow.tables.subgroups import subgroup_table

    rows = read_results(Path(snakemake.input.results))
    display = settings_from(Display, snakemake.params.display)
    factors = snakemake.params.factors
    save_svg(draw_subgroups(rows, display, factors), snakemake.output.figure)
    write_text(subgroup_table(rows, display, factors).to_html(), snakemake.output.html)
