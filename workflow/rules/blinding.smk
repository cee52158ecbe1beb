"""Room plan: the dummy allocation of a blinded dry run (docs/plan.md); nothing in a study that is not blinded so.

in: the raw forms with strata and order of randomization, not their arms; out: blinding/allocation.csv, which the rule
`form` writes into every form that tells the arm, as it is read.
"""

if dag.blinding.is_anew:

    rule allocation:
        """Draw an allocation from the declared randomization scheme, without seeing the true one."""
        input:
            raw=dag.blinding.forms(),
            dictionaries=dag.blinding.dictionaries(),
            code=code_of("allocation"),
        output:
            "<results>/blinding/allocation.csv",
        log:
            "<logs>/allocation.log",
        benchmark:
            "<benchmarks>/allocation.tsv"
        priority: 95
        conda:
            "../../environment.yml"
        params:
            config=dag.file,
            forms=dag.blinding.reading(),
            enrolment=dag.blinding.strata_and_order(),
            dummy=dag.blinding.dummy(),
        script:
            "../../scripts/allocation.py"
