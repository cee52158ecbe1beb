"""Rooms derive and models per endpoint: clean tables and ADSL become records, and these result rows.

in: clean/, adam/adsl.parquet, instruments; out: adam/<endpoint>.parquet, endpoints/<endpoint>/results.csv and
records.parquet, resampling.csv. An endpoint reads only the table of its own items.
"""


rule fit:
    """Derive the records of one endpoint (BDS) and fit every analysis of it, in one process."""
    input:
        table=lambda wildcards: dag.clean_table(wildcards.endpoint),
        adsl="<results>/adam/adsl.parquet",
        instrument=lambda wildcards: dag.instrument_files(wildcards.endpoint),
        checked=ancient([*dag.adverse_events.files(), dag.summaries.reconciled()]),  # waits, never reruns
        code=lambda wildcards: code_of("fit", *dag.model_modules(wildcards.endpoint)),
    output:
        bds="<results>/adam/{endpoint}.parquet",
        results="<results>/endpoints/{endpoint}/results.csv",
        records="<results>/endpoints/{endpoint}/records.parquet",
    log:
        "<logs>/fit/{endpoint}.log",
    benchmark:
        "<benchmarks>/fit/{endpoint}.tsv"
    priority: 60
    conda:
        "../../environment.yml"
    params:
        config=dag.file,
        records=lambda wildcards: dag.records(wildcards.endpoint),
        fit=lambda wildcards: dag.fit(wildcards.endpoint),  # only what fitting uses: a label edit never refits
    script:
        "../../scripts/fit.py"


rule resample:
    """Randomization tests, and each comparison without one patient: what takes longer than a fit."""
    input:
        records="<results>/adam/{endpoint}.parquet",
        adsl="<results>/adam/adsl.parquet",
        code=lambda wildcards: code_of("resample", *dag.model_modules(wildcards.endpoint)),
    output:
        "<results>/endpoints/{endpoint}/resampling.csv",
    log:
        "<logs>/resample/{endpoint}.log",
    benchmark:
        "<benchmarks>/resample/{endpoint}.tsv"
    priority: 70  # the longest jobs start first
    conda:
        "../../environment.yml"
    params:
        resample=lambda wildcards: dag.resample(wildcards.endpoint),
    script:
        "../../scripts/resample.py"
