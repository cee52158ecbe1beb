"""Where data and code can be had, in sentences for the README and for the article (CONSORT 2025, item 4)."""

from __future__ import annotations

from rctflow.package.account import Account
from rctflow.package.bag import PAYLOAD
from rctflow.package.markdown import code, plain


def availability(account: Account) -> list[str]:
    """Paragraphs (Markdown): where the data come from, who may have them, under which licence."""
    about = account.about
    licence = f"Data and results: {plain(about.package.licence)}. Code: {plain(account.citation.licence)}."
    return [_provenance(account), _access(account), licence]


def _provenance(account: Account) -> str:
    about = account.about
    config = code(f"{PAYLOAD}{about.config}")
    if about.simulated:
        return (
            "The data are synthetic. The workflow's simulator writes the raw forms from the settings and the seed in "
            f"{config} ({code('source')}); no patient's data were used."
        )
    kind = "synthetic forms" if about.synthetic else "the forms of the trial as they were exported"
    return f"The raw data are {kind}; {config} names each file ({code('tables')}) and says how it is read."


def _access(account: Account) -> str:
    about = account.about
    if not about.restricted:
        changed = " after the declared de-identification" if about.package.deidentify else ""
        return f"All raw data are in this package{changed}; nobody has to be asked."
    how = plain(about.package.access) or "The config states no way to apply for them."
    return f"Patient data may not leave, and no patient-level value is in this package. {how}"


def sharing_statement(account: Account) -> str:
    """What an article may print on the sharing of data, statistical code and further materials (plain text)."""
    about = account.about
    code_part = (
        f"The statistical code as run, the locked software environment and the results are in this package under "
        f"{account.citation.licence or 'the licence that it holds'} (code) and {about.package.licence} (results)."
    )
    if about.restricted:
        how = about.package.access.rstrip(".") or "no way to apply for them is stated"
        return (
            f"Individual participant data are not shared with this package; access: {how}. A data dictionary (the "
            f"study's config), names, hashes, row numbers and columns of all data files are in it. {code_part}"
        )
    if about.synthetic:
        return f"No participants: the data are synthetic and in the package, with their dictionary. {code_part}"
    state = "De-identified individual" if about.package.deidentify else "Individual"
    return (
        f"{state} participant data and their dictionary (the study's config) are in this package, available to "
        f"anybody without a request under {about.package.licence}. {code_part}"
    )
