"""Adapter of rule overview: all endpoints' result rows -> the forest and the table at the primary visit."""

from rctflow.job import job

with job(snakemake.log[0]):
    from pathlib import Path

    from rctflow.figures.forest import draw_forest
    from rctflow.figures.settings import Display
    from rctflow.figures.style import save_svg
    from rctflow.outputs import write_text
    from rctflow.results import read_results
    from rctflow.settings import settings_from
    from rctflow.tables.overview import overview_table
    from rctflow.tables.settings import TableSettings

    rows = {Path(file).parent.name: read_results(Path(file)) for file in snakemake.input.results}
    save_svg(
        draw_forest(rows, [settings_from(Display, display) for display in snakemake.params.displays]),
        snakemake.output.forest,
    )
    table = overview_table(rows, [settings_from(TableSettings, table) for table in snakemake.params.tables])
    write_text(table.to_html(), snakemake.output.html)
    write_text(table.to_csv(), snakemake.output.csv)
