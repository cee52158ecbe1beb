"""What the package is told of the study: the part of the config that describes, and none of the data."""

from __future__ import annotations

from dataclasses import dataclass, field

from rctflow.package.settings import Package, Person


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
    """The study: config is the path of its file from the project folder; simulated: the workflow makes the raw data."""

    study: str
    title: str
    config: str
    synthetic: bool
    simulated: bool = False
    description: str = ""
    registration: str = ""
    reference: str = ""
    outcomes: tuple[Outcome, ...] = ()
    seeds: tuple[Seed, ...] = ()
    plan: str = ""
    package: Package = field(default_factory=Package)

    @property
    def name(self) -> str:
        """The title as print shows it: synthetic data say so."""
        return f"{self.title} (SYNTHETIC DATA)" if self.synthetic else self.title

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
