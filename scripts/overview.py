"""Adapter of rule overview: all endpoints' result rows -> the forest and the table at the primary visit."""

from rctflow.job import job

with job(snakemake.log[0]):
    from pathlib import Path

    from rctflow.display import Display
    from rctflow.figures.forest import draw_forest
    from rctflow.figures.style import save_svg
    from rctflow.outputs import write_text
    from rctflow.plan.status import read_status
    from rctflow.results import read_results
    from rctflow.settings import settings_from
    from rctflow.tables.overview import overview_table

    rows = {Path(file).parent.name: read_results(Path(file)) for file in snakemake.input.results}
    displays = [settings_from(Display, display) for display in snakemake.params.displays]
    save_svg(draw_forest(rows, displays), snakemake.output.forest)
    inputs = snakemake.input
    plan = read_status(snakemake.params.plan, inputs.lock, inputs.adsl, inputs.ledgers, deviations=[]).line
    table = overview_table(rows, displays, plan)
    write_text(table.to_html(), snakemake.output.html)
    write_text(table.to_csv(), snakemake.output.csv)
