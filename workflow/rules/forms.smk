"""Rooms ingest and clean: each raw form becomes a source table, then a clean table and a ledger of every change.

in: one raw form (written by `simulate` when the study is simulated); out: tables/, clean/. One job per form.
"""

if dag.is_simulated:

    rule simulate:
        """Write the raw forms of a simulated trial, and its truth, which no other rule reads."""
        input:
            code=code_of("simulate"),
        output:
            forms=expand("<results>/raw/{form}", form=dag.raw_forms()),
            truth="<results>/simulated/truth.json",
            dirt="<results>/simulated/dirt.csv",
        log:
            "<logs>/simulate.log",
        benchmark:
            "<benchmarks>/simulate.tsv"
        priority: 100
        conda:
            "../../environment.yml"
        params:
            seed=dag.study.source.seed,
            settings=dag.simulation(),
        script:
            "../../scripts/simulate.py"


rule form:
    """Read one raw form, type it, clean it by the declared rules."""
    input:
        raw=lambda wildcards: dag.raw_file(wildcards.table),
        dictionary=lambda wildcards: dag.dictionary_file(wildcards.table),  # the form itself when there is no other
        allocation=lambda wildcards: dag.blinding.files(wildcards.table),  # none unless blinded
        code=code_of("form"),
    output:
        source="<results>/tables/{table}.parquet",
        description="<results>/tables/{table}.json",
        clean="<results>/clean/{table}.parquet",
        ledger="<results>/clean/{table}.ledger.csv",
    log:
        "<logs>/form/{table}.log",
    benchmark:
        "<benchmarks>/form/{table}.tsv"
    priority: 90  # every form is checked before anything is derived from one
    conda:
        "../../environment.yml"
    params:
        config=dag.file,
        ingest=lambda wildcards: dag.ingest(wildcards.table),
        clean=lambda wildcards: dag.clean(wildcards.table),
    script:
        "../../scripts/form.py"
