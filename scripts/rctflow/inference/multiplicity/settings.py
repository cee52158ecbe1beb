"""What the room needs to know to adjust the p-values of a study."""

from dataclasses import dataclass

from rctflow.hypotheses import Family


@dataclass(frozen=True)
class Multiplicity:
    """The families of a study with every hypothesis spelled out. order: ids of the families as declared."""

    study: str
    order: tuple[str, ...]
    families: dict[str, Family]
    reference: str
