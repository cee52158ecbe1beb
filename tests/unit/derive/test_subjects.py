"""ADSL from clean tables."""

import io
from dataclasses import replace

import pandas as pd
import pytest
from clean_tables import clean
from rctflow.derive.errors import DeriveError
from rctflow.derive.settings import Category, Derived, Flag, PopulationRule, Source, Subjects
from rctflow.derive.subjects import derive_subjects

TABLES = {
    "rand": clean(
        """
        USUBJID  ARM      DATE        STRATUM
        P03      Active   2024-03-02  1
        P01      Placebo  2024-03-01  2
        P02      Active   2024-03-01  1
        P04      .        .           .
        """
    ),
    "dm": clean("USUBJID SEX AGE\nP01 F 70\nP02 M 81\nP03 F .\nP04 M 75"),
    "infusion": clean(
        """
        USUBJID  ADT         DATE        GIVEN  ARM
        P02      2024-04-04  2024-04-04  1      Active
        P02      2024-03-05  2024-03-05  1      Active
        P01      2024-03-06  2024-03-06  1      Active
        P03      2024-03-06  .           0      .
        """
    ),
}
PLAIN = Subjects(
    study="trial",
    table="dm",
    planned=Source("rand", "ARM"),
    arms={"Placebo": "placebo", "Active": "msc"},
    arm_order=("placebo", "msc"),
    randomized=Source("rand", "DATE"),
    first_dose=Source("infusion", "DATE", pick="min"),
)


def changed(table: str, text: str) -> dict[str, pd.DataFrame]:
    return TABLES | {table: clean(text)}


def test_one_row_per_randomized_subject_sorted() -> None:
    adsl = derive_subjects(TABLES, PLAIN)
    assert list(adsl.columns) == ["STUDYID", "USUBJID", "TRT01P", "TRT01A", "RANDDT", "TRTSDT", "RANDFL", "RANDSEQ"]
    assert list(adsl["USUBJID"]) == ["P01", "P02", "P03"]
    assert list(adsl["TRT01P"]) == ["placebo", "msc", "msc"]
    assert list(adsl["TRT01A"]) == ["placebo", "msc", "msc"]
    assert list(adsl["RANDDT"]) == [pd.Timestamp(f"2024-03-0{day}") for day in (1, 1, 2)]
    assert list(adsl["TRTSDT"].dt.strftime("%m-%d").fillna("")) == ["03-06", "03-05", ""]
    assert set(adsl["RANDFL"]) == {"Y"}


def test_the_actual_arm_of_a_misallocated_and_of_an_untreated_subject() -> None:
    adsl = derive_subjects(TABLES, replace(PLAIN, actual=Source("infusion", "ARM")))
    assert list(adsl["TRT01A"].fillna("none")) == ["msc", "msc", "none"]


def test_a_sum_of_rows_and_a_number_to_its_decimals() -> None:
    tables = TABLES | {
        "items": clean("USUBJID POINTS\nP01 2\nP01 3\nP02 4\nP02 .\nP03 1"),
        "vital": clean("USUBJID WEIGHT\nP01 88.45\nP02 56.25\nP03 -0.04"),
    }
    sources = {"MMSE": Source("items", "POINTS", pick="sum"), "WEIGHT": Source("vital", "WEIGHT", digits=1)}
    adsl = derive_subjects(tables, replace(PLAIN, covariates=sources))
    assert list(adsl["MMSE"].fillna(-1)) == [5, -1, 1]
    assert list(adsl["WEIGHT"]) == [88.5, 56.3, 0]
    with pytest.raises(DeriveError, match="holds no numbers"):
        derive_subjects(tables, replace(PLAIN, covariates={"S": Source("dm", "SEX", pick="sum")}))


def test_a_study_without_dates_has_none() -> None:
    adsl = derive_subjects(TABLES, replace(PLAIN, randomized=None, first_dose=None))
    assert adsl[["RANDDT", "TRTSDT"]].isna().all(axis=None)
    assert [str(adsl[name].dtype) for name in ("RANDDT", "TRTSDT")] == ["datetime64[us]"] * 2


def test_further_dates_are_in_adsl_as_far_as_they_are_declared() -> None:
    declared = {
        "last_dose": Source("infusion", "DATE", pick="max"),
        "death": Source("rand", "DATE", "USUBJID == 'P02'"),
    }
    adsl = derive_subjects(TABLES, replace(PLAIN, **declared))
    assert list(adsl.columns[-2:]) == ["TRTEDT", "DTHDT"]
    assert (adsl["TRTEDT"].dropna() >= adsl["TRTSDT"].dropna()).all()
    assert list(adsl["DTHDT"].notna()) == [False, True, False]


def test_a_date_that_nobody_has_is_missing() -> None:
    adsl = derive_subjects(TABLES, replace(PLAIN, death=Source("rand", "DATE", "USUBJID == 'nobody'")))
    assert adsl["DTHDT"].isna().all()
    assert str(adsl["DTHDT"].dtype) == "datetime64[us]"


def test_strata_covariates_and_flags_keep_their_type() -> None:
    adsl = derive_subjects(
        TABLES,
        replace(
            PLAIN,
            strata={"STRATUM": Source("rand", "STRATUM", map={"1": "old", "2": "young"})},
            covariates={"SEX": Source("dm", "SEX"), "AGE": Source("dm", "AGE")},
            flags={"DOSEDFL": Flag("infusion", "GIVEN == 1")},
        ),
    )
    assert list(adsl.columns[8:]) == ["STRATUM", "AGE", "SEX", "DOSEDFL"]
    assert list(adsl["STRATUM"]) == ["young", "old", "old"]
    assert list(adsl["AGE"].fillna(-1)) == [70, 81, -1]
    assert list(adsl["SEX"]) == ["F", "M", "F"]
    assert list(adsl["DOSEDFL"]) == ["Y", "Y", "N"]
    assert str(adsl["AGE"].dtype) == "float64"


def test_a_derived_column_may_use_a_flag_and_stands_before_it() -> None:
    cases = (Category("treated", "GIVEN == 'Y'"), Category("untreated", "GIVEN == 'N'"))
    plan = replace(PLAIN, derived={"HOW": Derived(cases=cases)}, flags={"GIVEN": Flag("infusion", "GIVEN == 1")})
    adsl = derive_subjects(TABLES, plan)
    assert list(adsl.columns[8:]) == ["HOW", "GIVEN"]
    assert list(adsl["HOW"]) == ["treated", "treated", "untreated"]


@pytest.mark.parametrize(
    ("pick", "value"), [("first", 7.0), ("last", 9.0), ("min", 3.0), ("max", 9.0)], ids=["first", "last", "min", "max"]
)
def test_pick_says_which_of_several_values_counts(pick: str, value: float) -> None:
    weight = clean("USUBJID ADT KG\nP01 2024-03-03 9\nP01 2024-03-01 7\nP01 2024-03-02 3\nP01 2024-03-04 .")
    source = Source("weight", "KG", pick=pick)  # type: ignore[arg-type]
    adsl = derive_subjects(TABLES | {"weight": weight}, replace(PLAIN, covariates={"KG": source}))
    assert adsl["KG"].iloc[0] == value


def test_where_narrows_the_rows_of_a_source() -> None:
    source = Source("infusion", "DATE", where="GIVEN == 1 and ARM == 'Active'", pick="max")
    adsl = derive_subjects(TABLES, replace(PLAIN, first_dose=source))
    assert list(adsl["TRTSDT"].dt.strftime("%m-%d").fillna("")) == ["03-06", "04-04", ""]


def test_equal_values_on_several_rows_are_one_value() -> None:
    rand = changed("rand", "USUBJID ARM DATE\nP01 Placebo 2024-03-01\nP01 Placebo 2024-03-01\nP02 Active 2024-03-01")
    assert list(derive_subjects(rand, PLAIN)["USUBJID"]) == ["P01", "P02"]


def test_populations_are_flags_and_may_build_on_one_another() -> None:
    rules = {
        "a_per_protocol": PopulationRule("PPFL", "SAFFL == 'Y' and TRT01P == 'msc'"),
        "itt": PopulationRule("ITTFL"),
        "safety": PopulationRule("SAFFL", "TRTSDT != missing"),
    }
    adsl = derive_subjects(TABLES, replace(PLAIN, populations=rules))
    assert list(adsl["ITTFL"]) == ["Y", "Y", "Y"]
    assert list(adsl["SAFFL"]) == ["Y", "Y", "N"]
    assert list(adsl["PPFL"]) == ["N", "Y", "N"]


def test_the_log_says_who_is_not_in_adsl() -> None:
    log = io.StringIO()
    derive_subjects(TABLES, replace(PLAIN, populations={"itt": PopulationRule("ITTFL")}), log=log)
    notes = log.getvalue().splitlines()
    assert notes == [
        "3 subjects are randomized: placebo 1, msc 2.",
        "1 subjects of table 'dm' not randomized, so not in ADSL: P04.",
        "1 subjects never dosed: their study days count from randomization: P03.",
        "Population itt (ITTFL): 3 of 3.",
    ]


def refused(match: str, settings: Subjects = PLAIN, tables: dict[str, pd.DataFrame] = TABLES, where: str = "") -> None:
    with pytest.raises(DeriveError, match=match):
        derive_subjects(tables, settings, where=where)


def test_an_unknown_arm_names_the_subject_and_the_known_arms() -> None:
    tables = changed("rand", "USUBJID ARM DATE\nP01 Placebo 2024-03-01\nP02 Aktive 2024-03-01")
    refused(r"subject P02 has the arm 'Aktive'.*Did you mean 'Active'\? Declared: 'Placebo', 'Active'", tables=tables)


def test_two_randomizations_of_one_subject_name_both_rows() -> None:
    tables = changed("rand", "USUBJID ARM DATE\nP01 Placebo 2024-03-01\nP02 Active 2024-03-01\nP02 Placebo 2024-03-01")
    refused(r"two randomizations.*subject P02 .*'Active' \(row 2\), 'Placebo' \(row 3\)", tables=tables)
    tables = changed("rand", "USUBJID ARM DATE\nP01 Placebo 2024-03-01\nP02 Active 2024-03-01\nP02 Active 2024-03-09")
    refused(r"two randomizations.*subject P02 .*'2024-03-01' \(row 2\), '2024-03-09' \(row 3\)", tables=tables)


def test_an_arm_with_nobody_is_named() -> None:
    tables = changed("rand", "USUBJID ARM DATE\nP01 Placebo 2024-03-01")
    refused(r"arms\.levels\.msc: nobody is randomized to this arm.*never says 'Active'", tables=tables)


def test_nobody_randomized_at_all() -> None:
    refused("nobody is randomized", tables=changed("rand", "USUBJID ARM DATE\nP01 . 2024-03-01"))
    refused("nobody is randomized", tables=TABLES | {"rand": TABLES["rand"].iloc[:0]})


@pytest.mark.parametrize(
    ("settings", "cell"),
    [
        (PLAIN, r"a date of randomization \('DATE' of table 'rand'\)"),
        (
            replace(PLAIN, randomized=None, number=Source("rand", "NUMBER")),
            r"a randomization number \('NUMBER' of table 'rand'\)",
        ),
    ],
    ids=["date", "number"],
)
def test_a_randomized_subject_without_an_arm_is_refused(settings: Subjects, cell: str) -> None:
    tables = changed(
        "rand",
        "USUBJID ARM DATE NUMBER\nP01 Placebo 2024-03-01 1\nP02 Active 2024-03-01 2\nP03 . 2024-03-02 3\nP04 . . .",
    )
    refused(rf"subject P03 has {cell} but no arm in column 'ARM' of table 'rand'\. Write the arm", settings, tables)


def test_a_population_with_nobody_is_named() -> None:
    rules = {"old": PopulationRule("OLDFL", "AGE > 100")}
    settings = replace(PLAIN, covariates={"AGE": Source("dm", "AGE")}, populations=rules)
    refused(r"populations\.old: none of the 3 randomized subjects meets 'AGE > 100'", settings)


def test_populations_that_define_one_another_are_named() -> None:
    rules = {"a": PopulationRule("AFL", "BFL == 'Y'"), "b": PopulationRule("BFL", "AFL == 'Y'")}
    refused("a, b are defined by one another", replace(PLAIN, populations=rules))


def test_an_unknown_column_in_where_is_named_with_its_place() -> None:
    source = Source("infusion", "DATE", where="GIVN == 1", pick="min")
    refused(r"subjects\.first_dose\.where \(table 'infusion'\): .*no column 'GIVN'", replace(PLAIN, first_dose=source))
    rules = {"itt": PopulationRule("ITTFL", "RANFL == 'Y'")}
    refused(r"populations\.itt\.where: .*'RANFL' \(did you mean 'RANDFL'\?\)", replace(PLAIN, populations=rules))


def test_an_unknown_table_or_column_is_named_with_its_place() -> None:
    refused(
        r"config\.yaml: subjects\.planned.*: no table 'rnd'\. Did you mean 'rand'\?",
        replace(PLAIN, planned=Source("rnd", "ARM")),
        where="config.yaml: subjects",
    )
    refused(r"table 'rand' has no column 'ARMM'\. Did you mean 'ARM'\?", replace(PLAIN, planned=Source("rand", "ARMM")))


def test_a_randomized_subject_who_is_not_in_the_subjects_table() -> None:
    refused(
        r"1 randomized subjects have no row in table 'dm' \(first: P03\)",
        tables=changed("dm", "USUBJID SEX\nP01 F\nP02 M"),
    )


def test_a_date_that_is_text_is_refused() -> None:
    refused("column 'SEX' of table 'dm' holds no dates", replace(PLAIN, first_dose=Source("dm", "SEX")))


def test_a_value_that_the_map_lacks_is_named() -> None:
    settings = replace(PLAIN, covariates={"SEX": Source("dm", "SEX", map={"F": "female", "m": "male"})})
    refused(r"subjects\.covariates\.SEX: 'M' \(subject P02\).*'F', 'm'", settings)


def test_several_values_of_a_covariate_ask_for_a_choice() -> None:
    settings = replace(PLAIN, covariates={"DOSE": Source("infusion", "DATE")})
    refused(r"subject P02 has several values of 'DATE'.*`pick: first`", settings)


def test_two_variables_of_one_name_are_refused() -> None:
    refused("two variables of ADSL are called 'RANDDT'", replace(PLAIN, covariates={"RANDDT": Source("rand", "DATE")}))
