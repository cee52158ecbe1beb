"""Adapter of rule leave_one_out: one endpoint's result rows -> its comparison without each patient, drawn."""

from rctflow.job import job

with job(snakemake.log[0]):
    from pathlib import Path

    from rctflow.display import Display
    from rctflow.figures.leave_one_out import draw_leave_one_out
    from rctflow.figures.style import save_svg
    from rctflow.results import read_results
    from rctflow.settings import settings_from

    rows = [row for file in (snakemake.input.results, snakemake.input.resampling) for row in read_results(Path(file))]
    save_svg(draw_leave_one_out(rows, settings_from(Display, snakemake.params.display)), snakemake.output[0])
