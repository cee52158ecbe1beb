"""README.md of the package, in the form that the data editors of social-science journals ask for.

Source of the form: Vilhuber et al. 2020, A template README for social science replication packages
(doi:10.5281/zenodo.4319999). Every sentence, table and list is made from the config, the DAG and the record of
the run; nothing that differs between two runs of one study stands here.
"""

from __future__ import annotations

from rctflow.package.account import Account
from rctflow.package.bag import PAYLOAD
from rctflow.package.markdown import code, plain, table
from rctflow.package.readme_programs import displays_section, programs_section, requirements_section
from rctflow.package.sharing import availability, sharing_statement


def readme(account: Account) -> str:
    """The text of README.md."""
    sections = [
        _overview(account),
        _data(account),
        requirements_section(account),
        programs_section(account),
        _instructions(account),
        displays_section(account),
        _sharing(account),
        _references(account),
    ]
    return "\n\n".join(sections) + "\n"


def _overview(account: Account) -> str:
    about = account.about
    authors = "; ".join(_author(author.name, author.affiliation, author.orcid) for author in account.authors)
    facts = {
        "Study": f"{plain(about.title)} ({code(about.study)})",
        "Registration": plain(about.registration) or "none stated",
        "Authors": authors,
        "Version of this package": plain(about.package.version or account.citation.version),
        "Analysis plan": plain(about.plan.words),
        "Data": _kind_of_data(account),
    }
    stamp = ["**SYNTHETIC DATA: no number in this package was measured on a patient.**"] * about.synthetic
    stamp += [f"**{plain(about.blinded)}**"] * bool(about.blinded)
    described = [plain(about.description)] if about.description else []
    held = "what may leave of" if about.restricted else "the data, the code as run and all results of"
    what = (
        f"This package holds {held} a finished analysis of a randomized trial ({_jobs(account)}). {code('verify.py')} "
        "checks that nothing was changed, runs everything again and compares."
    )
    lines = "\n".join(f"- {label}: {text}" for label, text in facts.items())
    if about.plan.deviations:
        listed = "\n".join(f"- {plain(deviation)}" for deviation in about.plan.deviations)
        lines += f"\n\nDeviations from the locked plan:\n\n{listed}"
    return "\n\n".join([f"# {plain(about.name)}", *stamp, "## Overview", what, *described, lines])


def _author(name: str, affiliation: str, orcid: str) -> str:
    known = [plain(affiliation), f"https://orcid.org/{orcid}" if orcid else ""]
    return plain(name) + (f" ({', '.join(part for part in known if part)})" if any(known) else "")


def _kind_of_data(account: Account) -> str:
    if account.about.restricted:
        return "restricted: patient data are not in this package"
    return "synthetic, in this package" if account.about.synthetic else "in this package"


def _jobs(account: Account) -> str:
    return f"{len(account.jobs)} jobs of {len(account.steps)} rules"


def _data(account: Account) -> str:
    header = ["Form", "File", "Rows", "Columns read", "Bytes", "SHA-256"]
    rows = [
        [
            plain(name),
            code(f"{PAYLOAD}{form.path}") if form.path else plain(f"withheld: {form.access or 'no access stated'}"),
            str(form.rows),
            str(len(form.columns)),
            str(form.bytes),
            code(form.sha256),
        ]
        for name, form in account.raw.items()
    ]
    columns = (
        "The columns of each form, their types, codes, units and possible values stand in the study's config, "
        f"{code(f'{PAYLOAD}{account.about.config}')}, under {code('tables')}."
    )
    if not account.about.restricted:
        ledgers = code(f"{PAYLOAD}{account.about.results}/clean")
        columns += f" What cleaning changed stands in {ledgers}, one ledger per form."
    parts = ["## Data availability and provenance", *availability(account), columns]
    return "\n\n".join([*parts, "### Data sources", table(header, rows)] if rows else parts)


def _instructions(account: Account) -> str:
    about = account.about
    config = f" --config study={about.config}" if about.config != "config/config.yaml" else ""
    steps = [
        f"{code('python3 verify.py')} in this folder (or {code('python3 verify.py PACKAGE.zip')} beside the zip) "
        "checks every hash, builds the locked environment, runs all again in an empty folder, and says of each result "
        f"IDENTICAL, WITHIN TOLERANCE, DIFFERENT or NOT RUN. {code('--level integrity')} only checks the hashes.",
        f"{code(f'cd {PAYLOAD} && ./run{config}')} finds that nothing is to be done: the records of the run are here. "
        f"After a change of the config, the code or the data it runs what depends on that, and nothing else.",
        f"{code(f'./run{config} --forceall')} runs everything again in place.",
    ]
    if about.outcomes:
        one = f"./run{config} endpoint_{about.outcomes[0].id}"
        steps.append(f"{code(one)} brings one endpoint up to date.")
    if about.restricted:
        steps[1:] = [f"What needs the patients' forms runs only where these are: {code('verify.py --data FOLDER')}."]
    lines = "\n".join(f"{number}. {step}" for number, step in enumerate(steps, start=1))
    return f"## Instructions\n\n{lines}"


def _sharing(account: Account) -> str:
    heading = "## Data and code sharing (CONSORT 2025, item 4)"
    return f"{heading}\n\n{plain(sharing_statement(account))}"


def _references(account: Account) -> str:
    citation, authors = account.citation, "; ".join(author.name for author in account.citation.authors)
    found = [f"{authors}. {citation.title}. Version {citation.version}. {citation.url}".strip()]
    if account.about.reference:
        found.insert(0, account.about.reference)
    return "## References\n\n" + "\n".join(f"- {plain(entry)}" for entry in found)
