"""What a blinded study is called, where its results stand, and which letter stands for which arm."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

STAMPS = {"none": "", "dummy": "BLINDED: DUMMY ALLOCATION", "masked": "BLINDED: ARMS MASKED"}
SUFFIXES = {"none": "", "dummy": "_blinded", "masked": "_masked"}


def results_folder(study: str, mode: str) -> str:
    """The folder of a study's results: what is blinded never stands beside what is not."""
    return f"results/{study}{SUFFIXES[mode]}"


def masked_arms(arms: Iterable[str], seed: int) -> dict[str, str]:
    """Arm id -> A, B, ...: an order that depends on the seed and the ids alone, not on how the config lists them."""

    def place(arm: str) -> str:
        return hashlib.sha256(f"{seed} {arm}".encode()).hexdigest()

    return {arm: chr(ord("A") + i) for i, arm in enumerate(sorted(arms, key=place))}
