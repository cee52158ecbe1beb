"""Snakemake as ``./run`` starts it: its own command line, with the garbage collector slowed down before the imports.

Snakemake and pandas make some hundred thousand objects that stay; to search them again and again took a twentieth of a
run with nothing to do. The Snakefile says the same for plain ``snakemake``, but only once most is imported.
"""

from __future__ import annotations

import gc

gc.set_threshold(100_000, 50, 50)

if __name__ == "__main__":
    from snakemake.cli import main

    main()
