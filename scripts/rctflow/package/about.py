"""What the package is told of the study: the part of the config that describes, and none of the data."""

from __future__ import annotations

from dataclasses import dataclass, field

from rctflow.display import stamps_of
from rctflow.package.settings import Package, Person
from rctflow.plan_status import UNLOCKED, PlanStatus


@dataclass(frozen=True)
class Seed:
    """A number that chance starts from: where the config says it."""

    key: str
    value: int


@dataclass(frozen=True)
class Outcome:
    """One endpoint as it is printed: id, label, role."""

    id: str
    label: str
    role: str


@dataclass(frozen=True)
class About:
    """The study: config and results are the paths of its file and of its folder of results from the project folder.

    simulated: the workflow makes the raw data. blinded: the words of the stamp, "" when true arms are shown.
    """

    study: str
    title: str
    config: str
    results: str
    synthetic: bool
    blinded: str = ""
    simulated: bool = False
    description: str = ""
    registration: str = ""
    reference: str = ""
    outcomes: tuple[Outcome, ...] = ()
    seeds: tuple[Seed, ...] = ()
    plan: PlanStatus = UNLOCKED
    package: Package = field(default_factory=Package)

    @property
    def name(self) -> str:
        """The title as print shows it: synthetic data and blinded results say so."""
        return f"{self.title} ({', '.join(self.stamps)})" if self.stamps else self.title

    @property
    def stamps(self) -> list[str]:
        """What everything must say that is printed of this study."""
        return stamps_of(self.synthetic, self.blinded)

    @property
    def restricted(self) -> bool:
        """Whether patient data may not leave."""
        return self.package.data == "restricted"


@dataclass(frozen=True)
class Author:
    """A person or an organization that answers for something; orcid: the digits and dashes alone."""

    name: str
    affiliation: str = ""
    orcid: str = ""
    is_person: bool = True


def authors_of(about: About, others: tuple[Author, ...]) -> tuple[Author, ...]:
    """The study's authors as the config names them, else ``others`` (who wrote the workflow)."""
    return tuple(_author(person) for person in about.package.authors) or others


def _author(person: Person) -> Author:
    return Author(person.name, person.affiliation, person.orcid)
