"""Adapter of rule displays: one endpoint's result rows and records -> its figures and tables."""

from rctflow.job import job

with job(snakemake.log[0]):
    from pathlib import Path

    from rctflow.display import Display
    from rctflow.figures.diagnostics import draw_diagnostics, read_residuals
    from rctflow.figures.ladder import draw_ladder
    from rctflow.figures.profile import draw_profile
    from rctflow.figures.style import save_svg
    from rctflow.figures.trajectories import draw_trajectories, read_trajectories
    from rctflow.outputs import write_text
    from rctflow.plan.status import read_status
    from rctflow.results import read_results
    from rctflow.settings import settings_from
    from rctflow.tables.of_endpoint import tables_of

    files = [snakemake.input.results, *snakemake.input.resampling]
    rows = [row for file in files for row in read_results(Path(file))]
    display = settings_from(Display, snakemake.params.display)
    save_svg(draw_profile(rows, display), snakemake.output.profile)
    courses = read_trajectories(snakemake.input.records, snakemake.input.adsl, display)
    save_svg(draw_trajectories(courses, rows, display), snakemake.output.trajectories)
    residuals = read_residuals(snakemake.input.traces, display)
    save_svg(draw_diagnostics(rows, residuals, display), snakemake.output.diagnostics)
    save_svg(draw_ladder(rows, display), snakemake.output.ladder)
    inputs = snakemake.input
    plan = read_status(snakemake.params.plan, inputs.lock, inputs.adsl, inputs.ledgers, deviations=[]).line
    html, csv = tables_of(rows, display, plan)
    write_text(html, snakemake.output.html)
    write_text(csv, snakemake.output.csv)
