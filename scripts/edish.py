"""Adapter of rule edish: ADLB and ADSL -> each patient's peaks of the liver's tests, listed and drawn."""

from rctflow.job import job

with job(snakemake.log[0]):
    from pathlib import Path

    from rctflow.display import StudyDisplay
    from rctflow.figures.edish import Quadrants, draw_edish, peaks_of
    from rctflow.figures.style import save_svg
    from rctflow.outputs import write_text
    from rctflow.settings import settings_from
    from rctflow.summaries.liver import listed_peaks
    from rctflow.summaries.settings import SummaryStudy
    from rctflow.summaries.settings_findings import FindingsSummary
    from rctflow.summaries.sources import read_sources

    params = snakemake.params.summary
    settings = settings_from(FindingsSummary, params["settings"])
    peaks = listed_peaks(read_sources(snakemake.input), settings_from(SummaryStudy, params["study"]), settings)
    write_text(peaks.to_csv(index=False, lineterminator="\n", float_format="%.10g"), Path(snakemake.output.peaks))
    display = settings_from(StudyDisplay, snakemake.params.display)
    lines = Quadrants(settings.liver.transaminase_times, settings.liver.bilirubin_times)
    save_svg(draw_edish(peaks_of(peaks), lines, display), snakemake.output.figure)
