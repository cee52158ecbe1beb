"""Room derive: clean tables become ADSL (one row per subject) and one BDS table per endpoint (one row per assessment).

in: clean/, instruments; out: adam/. An endpoint's records read only the table of its items and ADSL.
"""


rule subjects:
    """ADSL: arms, dates, strata, covariates, flags, populations."""
    input:
        tables=expand("<results>/clean/{table}.parquet", table=dag.subject_tables()),
        code=code_of("subjects"),
    output:
        "<results>/adam/adsl.parquet",
    log:
        "<logs>/subjects.log",
    benchmark:
        "<benchmarks>/subjects.tsv"
    priority: 80
    conda:
        "../../environment.yml"
    params:
        config=dag.file,
        subjects=dag.subjects(),
    script:
        "../../scripts/subjects.py"


rule records:
    """BDS of one endpoint: scored, windowed, with baseline and change."""
    input:
        table=lambda wildcards: dag.clean_table(wildcards.endpoint),
        adsl="<results>/adam/adsl.parquet",
        instrument=lambda wildcards: dag.instrument_files(wildcards.endpoint),
        code=code_of("records"),
    output:
        "<results>/adam/{endpoint}.parquet",
    log:
        "<logs>/records/{endpoint}.log",
    benchmark:
        "<benchmarks>/records/{endpoint}.tsv"
    priority: 70
    conda:
        "../../environment.yml"
    params:
        config=dag.file,
        records=lambda wildcards: dag.records(wildcards.endpoint),
    script:
        "../../scripts/records.py"
