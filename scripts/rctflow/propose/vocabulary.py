"""The words by which columns, levels and moments are recognised in the names that trials give them."""

from __future__ import annotations


def word_list(text: str) -> list[str]:
    """The words of a vocabulary that is written as one text."""
    return text.split()


# names of the subject's identifier, letters and digits alone, the surest first
SUBJECTS = word_list(
    """usubjid subjid subjectid subject subjno subjectno subjectnumber subj subid patientid patid patient ptid pid
    patientno patno patientnumber ptno pat participantid participant participantno partid personid person
    respondentid recordid caseid case screeningid randno randid randomizationnumber id idno idnumber identifier"""
)
# names of the arm column, letters and digits alone -> how sure; 50 is taken as one
ARM_NAMES = {
    "trt01p": 100,
    "trtp": 95,
    "arm": 95,
    "armcd": 94,
    "armp": 94,
    "actarm": 60,
    "trt01a": 60,
    "trta": 60,
    "trt": 92,
    "treat": 92,
    "treatment": 92,
    "treatments": 92,
    "tx": 85,
    "rx": 88,
    "rand": 80,
    "randgrp": 90,
    "randgroup": 90,
    "allocation": 90,
    "assignment": 85,
    "assigned": 85,
    "randomisation": 85,
    "randomization": 85,
    "randomized": 80,
    "intervention": 88,
    "therapy": 80,
    "regimen": 80,
    "group": 75,
    "grp": 72,
    "drug": 60,
    "condition": 55,
    "dose": 40,
    "cohort": 30,
}
# the same for single words of a name
ARM_WORDS = {
    "treatment": 85,
    "treat": 85,
    "trt": 85,
    "arm": 85,
    "randomized": 60,
    "randomised": 60,
    "allocated": 80,
    "assigned": 70,
}
# names of the arm really received
ACTUAL = word_list("""trt01a actarm actarmcd trta treatmentreceived armactual actualarm actualtreatment extrt""")
# levels that others are compared with, the surest first
REFERENCES = word_list(
    """placebo control ctrl cont sham vehicle untreated none standard usual tau care wait waiting waitlist comparator
    conventional obs observation delayed c"""
)
YES_NO = word_list("""f false n no t true y yes""")
# groups that may have been randomized as a whole
CLUSTERS = word_list(
    """cluster clusters site center centre hospital clinic practice village school class classroom ward county district
    country region family household litter community facility neighborhood gp physician doctor therapist"""
)
# words of columns that describe subjects at baseline
DEMOGRAPHIC = word_list(
    """age sex gender female male race ethnicity ethnic racegrp height weight ht bmi education edu marital married
    smoker smoking smoke diabetes hypertension history hist stage grade diagnosis diag asa country dob income
    insurance employment comorbidity cholesterol karnofsky ecog nyha"""
)
# words of what happens after randomization, whatever else the name says (``Birth.outcome``, ``Pre.eclamp``)
AFTERWARDS = word_list(
    """outcome birth ended delivery death dead died relapse relapsed recurrence event preterm eclamp eclampsia
    adverse"""
)
# sites and strata
SITES = word_list(
    """site siteid center centre centreid centerid hospital clinic country region stratum strata strat institution inst
    hosp"""
)
# words of columns that are outcomes
OUTCOMES = word_list(
    """outcome result response responder improved improve improvement status relapse relapsed death dead died mortality
    fustat event success cure cured recovered recovery failure remission change adverse adv ae adve complication
    complications infection survived alive endpoint recurrence progression bleed final score total rate"""
)
# changes computed by others
CHANGES = word_list("""chg change pchg pctchg delta diff""")
# follow-up times, and the events that they run to
TIMES = word_list("""futime survtime survival stime ftime ttr time tte days followup duration""")
CENSORING = word_list("""status event cens censor censored death dead died relapse recurrence delta fustat""")
# the date of randomization, the surest first
RANDOMIZED = (
    word_list("""rand random randdt rfrandt randomized randomised randomization randomisation"""),
    word_list("""entry enrolled enrolment enrollment inclusion"""),
)
# the number in a table with a parameter column, the best first
VALUES = word_list("""aval stresn lbstresn vsstresn result value lborres vsorres orres qsstresn""")
# moments
BASELINE = word_list(
    """baseline base bl bsl pre prior before preop pretreatment pretest pretrt entry randomisation randomization"""
)
AFTER = word_list("""post postop posttreatment posttest end eot eos final last fu followup discharge""")
BEFORE = word_list("""screening screen scr runin""")
UNPLANNED = word_list("""unscheduled unsched unplanned uns early termination et""")
# visits that are counted, not dated
ORDINALS = word_list("""visit v time t timepoint tp period wave occasion phase session assessment round""")
# places and phases of care that go with a time
SETTINGS = word_list("""pacu icu pod op am pm intra extubation induction recovery ward""")
# the level that counts as 1 -> the other
POSITIVE = {
    "yes": "no",
    "y": "n",
    "true": "false",
    "t": "f",
    "good": "poor",
    "improved": "not improved",
    "present": "absent",
    "positive": "negative",
    "pos": "neg",
    "dead": "alive",
    "died": "alive",
    "success": "failure",
    "responder": "non-responder",
    "response": "no response",
    "event": "censored",
    "abnormal": "normal",
    "case": "control",
    "relapse": "no relapse",
    "relapsed": "not relapsed",
    "cured": "not cured",
    "healed": "not healed",
    "pass": "fail",
    "high": "low",
}
# words in order
SCALES = (
    "none some marked",
    "none slight mild moderate severe",
    "never rarely sometimes often always",
    "worse same better",
    "poor fair good excellent",
    "low medium high",
    "absent mild moderate severe",
    "normal abnormal",
)
# words of what is better when higher, or lower
BETTER = word_list(
    """improve improved improvement better good cure cured recover recovered recovery success response responder
    remission survival alive healed function functioning quality qol sf walk walked distance strength grip speed
    adherence satisfaction weight wt fev fev1 gait score_up abstinent abstinence quit wellbeing"""
)
WORSE = word_list(
    """pain cough bleed bleeding death dead died mortality mort fustat relapse adverse adv adve ae aes bdi depression
    depressive seizure seizures polyp polyps infection nausea vomiting fatigue anxiety disability symptom symptoms
    severity complication complications failure fail event events recurrence relapsed progression exacerbation
    exacerbations status preterm opioid opioids stillbirth
    number count counts crp tnf il attack attacks headache readmission hospitalization disorder"""
)
# adverse events: words of severity from mild to worst, and answers that mean related, or not
SEVERITIES = ("mild", "moderate", "severe", "life threatening", "life-threatening", "fatal", "death")
RELATED = (
    "y", "yes", "related", "possible", "possibly related", "possibly", "probable", "probably related", "probably",
    "definite", "definitely related", "definitely", "certain", "likely",
)  # fmt: skip
NOT_RELATED = (
    "n", "no", "none", "not related", "unrelated", "remote", "unlikely", "unlikely related", "doubtful",
)  # fmt: skip
