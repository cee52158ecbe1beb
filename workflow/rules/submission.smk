"""Room submission: derived data as regulators and other programs receive them.

in: adam/; out: submission/<dataset>.xpt, <dataset>.json, define.xml, variables.html. A study makes them when it asks.
"""

if dag.submission.files():

    rule submission:
        """ADSL, ADAE and one BDS per form in standard files, described variable by variable."""
        input:
            tables=dag.submission.tables(),
            code=code_of("submission"),
        output:
            define="<results>/submission/define.xml",
            page="<results>/submission/variables.html",
            xpt=expand("<results>/submission/{dataset}.xpt", dataset=dag.submission.datasets("xpt")),
            json=expand("<results>/submission/{dataset}.json", dataset=dag.submission.datasets("dataset_json")),
        log:
            "<logs>/submission.log",
        benchmark:
            "<benchmarks>/submission.tsv"
        conda:
            "../../environment.yml"
        params:
            standard=dag.submission.params(),
        script:
            "../../scripts/submission.py"
