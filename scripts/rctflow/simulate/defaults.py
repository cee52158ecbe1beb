"""Numbers of the default trial. docs/simulator.md says which are published and which were chosen."""

from __future__ import annotations

from typing import Any

FUNCTION = (
    "sf36_pcs",
    "sf36_mcs",
    "eq_vas",
    "eq5d_index",
    "tug",
    "walk4m",
    "grip",
    "chair",
    "balance",
    "activity",
    "exhaustion",
)

STRATA: tuple[dict[str, Any], ...] = (
    {"site": "01", "sex": "F", "size": 6},
    {"site": "01", "sex": "M", "size": 10},
    {"site": "02", "sex": "F", "size": 10},
    {"site": "02", "sex": "M", "size": 4},
)

VISITS: dict[str, dict[str, Any]] = {
    "baseline": {"label": "Screening/Baseline", "lab_label": "BL", "day": -14, "tolerance": 14},
    "week1": {"label": "Week 1", "lab_label": "W1", "day": 7, "tolerance": 2},
    "month1": {"label": "Month 1", "lab_label": "M1", "day": 30, "tolerance": 3},
    "month2": {"label": "Month 2", "lab_label": "M2", "day": 60, "tolerance": 7},
    "month3": {"label": "Month 3", "lab_label": "M3", "day": 90, "tolerance": 7},
    "month6": {"label": "Month 6", "lab_label": "M6", "day": 180, "tolerance": 14},
}
AFTER = tuple(VISITS)[1:]


def _by_visit(*values: float) -> dict[str, float]:
    return dict(zip(AFTER, values, strict=True))


def _linear(mean: float, sd: float, rho: float, **more: Any) -> dict[str, Any]:
    return {"mean": mean, "sd": sd, "rho": rho, "scale": "linear", **more}


def _log(mean: float, sd: float, rho: float, **more: Any) -> dict[str, Any]:
    return {"mean": mean, "sd": sd, "rho": rho, "scale": "log", "better": "lower", **more}


ENDPOINTS: dict[str, dict[str, Any]] = {
    "sf36_pcs": _linear(36, 8, 0.7, effect=_by_visit(1.2, 2, 2.8, 3.4, 4), trend=_by_visit(0.5, 1, 1, 0.5, 0)),
    "sf36_mcs": _linear(47, 9, 0.65, trend=_by_visit(0.5, 1, 1, 0.5, 0)),
    "eq_vas": _linear(65, 14, 0.6, effect=_by_visit(2, 3.5, 5.5, 7, 9), trend=_by_visit(1, 1.5, 1, 0.5, 0)),
    "eq5d_index": _linear(0.72, 0.16, 0.6, effect=_by_visit(0.01, 0.02, 0.03, 0.04, 0.05)),
    "tug": _log(
        15, 1.35, 0.85, effect=_by_visit(0.96, 0.94, 0.91, 0.88, 0.85), trend=_by_visit(0.99, 0.98, 0.99, 1, 1.01)
    ),
    "walk4m": _log(6.2, 1.3, 0.8, effect=_by_visit(0.96, 0.94, 0.91, 0.88, 0.85)),
    "grip": _linear(15, 3.5, 0.9, mean_male=24, sd_male=5, effect=_by_visit(0.5, 1, 1.5, 2, 2.5)),
    "chair": _log(15.5, 1.25, 0.75, effect=_by_visit(0.99, 0.98, 0.96, 0.95, 0.94)),
    "balance": _linear(0, 1, 0.7, effect=_by_visit(0, 0.02, 0.05, 0.07, 0.1)),
    "activity": _log(280, 1.7, 0.6, better="higher", effect=_by_visit(1, 1.05, 1.1, 1.15, 1.2)),
    "exhaustion": _linear(0, 1, 0.6, better="lower", effect=_by_visit(-0.05, -0.1, -0.15, -0.2, -0.25)),
    "weight_loss": _linear(2.2, 2, 0.9, better="lower"),
    "tnf_alpha": _log(6, 1.6, 0.7, lloq=1.0, effect=_by_visit(0.97, 0.93, 0.88, 0.84, 0.8)),
    "il6": _log(3, 2, 0.5, lloq=1.5),
    "il17": _log(2, 2.2, 0.6, lloq=1.0, effect=_by_visit(0.95, 0.9, 0.85, 0.8, 0.75)),
    "il10": _log(2.5, 2, 0.5, lloq=0.5, better="higher"),
    "hscrp": _log(1.8, 2.6, 0.5, lloq=0.2),
}

_PAIRS: dict[tuple[str, str], float] = {
    ("sf36_pcs", "sf36_mcs"): 0.05,
    ("sf36_pcs", "eq_vas"): 0.5,
    ("sf36_pcs", "eq5d_index"): 0.6,
    ("sf36_pcs", "tug"): -0.5,
    ("sf36_pcs", "walk4m"): -0.45,
    ("sf36_pcs", "grip"): 0.35,
    ("sf36_pcs", "chair"): -0.45,
    ("sf36_pcs", "balance"): 0.3,
    ("sf36_pcs", "activity"): 0.35,
    ("sf36_pcs", "exhaustion"): -0.3,
    ("sf36_mcs", "eq_vas"): 0.3,
    ("sf36_mcs", "eq5d_index"): 0.3,
    ("sf36_mcs", "exhaustion"): -0.5,
    ("eq_vas", "eq5d_index"): 0.5,
    ("eq_vas", "exhaustion"): -0.3,
    ("eq_vas", "tug"): -0.25,
    ("eq5d_index", "tug"): -0.35,
    ("eq5d_index", "walk4m"): -0.3,
    ("eq5d_index", "exhaustion"): -0.3,
    ("tug", "walk4m"): 0.75,
    ("tug", "grip"): -0.35,
    ("tug", "chair"): 0.6,
    ("tug", "balance"): -0.45,
    ("tug", "activity"): -0.3,
    ("walk4m", "grip"): -0.35,
    ("walk4m", "chair"): 0.55,
    ("walk4m", "balance"): -0.4,
    ("walk4m", "activity"): -0.3,
    ("grip", "chair"): -0.3,
    ("chair", "balance"): -0.35,
    ("eq_vas", "walk4m"): -0.25,
    ("eq_vas", "chair"): -0.25,
    ("eq_vas", "balance"): 0.15,
    ("eq_vas", "grip"): 0.2,
    ("eq_vas", "activity"): 0.2,
    ("eq5d_index", "chair"): -0.3,
    ("eq5d_index", "grip"): 0.25,
    ("eq5d_index", "balance"): 0.2,
    ("eq5d_index", "activity"): 0.25,
    ("grip", "balance"): 0.2,
    ("grip", "activity"): 0.2,
    ("balance", "activity"): 0.2,
    ("chair", "activity"): -0.25,
    ("tug", "exhaustion"): 0.15,
    ("walk4m", "exhaustion"): 0.15,
    ("chair", "exhaustion"): 0.15,
    ("activity", "exhaustion"): -0.25,
    ("tnf_alpha", "il6"): 0.35,
    ("il6", "hscrp"): 0.5,
    ("tnf_alpha", "il17"): 0.3,
}
CORRELATIONS = tuple({"between": pair, "r": r} for pair, r in _PAIRS.items())

WORST: dict[str, float] = {
    "sf36_pcs": 20,
    "sf36_mcs": 15,
    "sf36_pf": 0,
    "sf36_rp": 0,
    "sf36_bp": 0,
    "sf36_gh": 0,
    "sf36_vt": 0,
    "sf36_sf": 0,
    "sf36_re": 0,
    "sf36_mh": 0,
    "eq_vas": 0,
    "eq5d_index": -0.391,
    "tug": 40,
    "walk4m_time": 16,
    "walk4m_speed": 0,
    "grip": 0,
    "sppb": 0,
    "fried": 5,
    "tnf_alpha": 40,
    "il6": 40,
    "il17": 40,
    "il10": 0.25,
    "hscrp": 50,
}

_INFUSION = "General disorders and administration site conditions"
_NERVOUS = "Nervous system disorders"


def _event(
    term: str, body_system: str, written: tuple[str, ...], placebo: float, msc: float, infusion: bool = False
) -> dict[str, Any]:
    return {
        "term": term,
        "body_system": body_system,
        "written": written,
        "placebo": placebo,
        "msc": msc,
        "per_infusion": infusion,
    }


ADVERSE_EVENTS = (
    _event(
        "Pyrexia", _INFUSION, ("Fever, 37.9 C, evening of infusion", "low-grade fever", "Pyrexia"), 0.04, 0.13, True
    ),
    _event(
        "Infusion site pain", _INFUSION, ("pain at infusion site, left arm", "Infusion site pain"), 0.04, 0.07, True
    ),
    _event(
        "Flushing",
        "Vascular disorders",
        ("facial flushing <4 h", 'patient says "hot face", self-limiting'),
        0.02,
        0.05,
        True,
    ),
    _event("Fatigue", _INFUSION, ("Fatigue", 'tired, "no energy", 2 days'), 0.12, 0.2),
    _event("Dizziness", _NERVOUS, ("Dizziness", "dizzy, on standing", 'Dizziness ("light-headed")'), 0.15, 0.2),
    _event("Headache", _NERVOUS, ("Headache", "head ache, mild"), 0.1, 0.1),
    _event(
        "Back pain",
        "Musculoskeletal and connective tissue disorders",
        ("Back pain", "low back pain, known lumbar disc"),
        0.15,
        0.2,
    ),
    _event("Constipation", "Gastrointestinal disorders", ("Constipation", "constipated"), 0.08, 0.12),
    _event("Insomnia", "Psychiatric disorders", ("Insomnia", "poor sleep, 3 nights"), 0.06, 0.12),
    _event(
        "Upper respiratory tract infection", "Infections and infestations", ("URTI", "common cold, cough"), 0.2, 0.2
    ),
    _event("Fall", "Injury, poisoning and procedural complications", ("Fall", "fell at home, no injury"), 0.1, 0.08),
)


def _test(
    code: str, name: str, unit: str, women: tuple[float, float], men: tuple[float, float], decimals: int = 0
) -> dict[str, Any]:
    return {"code": code, "name": name, "unit": unit, "women": women, "men": men, "decimals": decimals}


LABORATORY = (
    _test("HGB", "Haemoglobin", "g/L", (115, 150), (130, 175)),
    _test("WBC", "Leukocytes", "10^9/L", (3.5, 9.5), (3.5, 9.5), 1),
    _test("NEUT", "Neutrophils", "10^9/L", (1.8, 6.3), (1.8, 6.3), 2),
    _test("LYM", "Lymphocytes", "10^9/L", (1.1, 3.2), (1.1, 3.2), 2),
    _test("PLT", "Platelets", "10^9/L", (125, 350), (125, 350)),
    _test("ALT", "Alanine aminotransferase", "U/L", (7, 40), (9, 50)),
    _test("AST", "Aspartate aminotransferase", "U/L", (13, 35), (15, 40)),
    _test("ALP", "Alkaline phosphatase", "U/L", (50, 135), (45, 125)),
    _test("BILI", "Bilirubin", "umol/L", (5, 21), (5, 21), 1),
    _test("CREAT", "Creatinine", "umol/L", (41, 81), (57, 111)),
)

MISSING_ITEMS: tuple[dict[str, Any], ...] = (
    {"form": "sf36", "columns": (), "rate": 0.008},
    {"form": "eq5d", "columns": ("EQMO", "EQSC", "EQUA", "EQPD", "EQAD"), "rate": 0.004, "written": "9"},
    {"form": "eq5d", "columns": ("EQVAS",), "rate": 0.01, "written": "999"},
    {"form": "grip", "columns": ("GRIPR3", "GRIPL3"), "rate": 0.01},
    {"form": "tug", "columns": ("TUG2",), "rate": 0.01},
    {"form": "fried", "columns": ("WTLOSSKG", "CESD7", "CESD20", "KCALWK"), "rate": 0.01},
    {"form": "cytokines", "columns": (), "rate": 0.01, "written": "ND"},
    {"form": "lab", "columns": ("LBORRES",), "rate": 0.005, "written": "ND"},
)

IMPOSSIBLE_VALUES: tuple[dict[str, Any], ...] = (
    {"form": "sf36", "column": "PF03", "written": "9"},
    {"form": "eq5d", "column": "EQVAS", "written": "650"},
    {"form": "walk", "column": "WALK2", "written": "0.00"},
    {"form": "vs", "column": "SYSBP", "written": "1280"},
    {"form": "vs", "column": "PULSE", "written": "-72"},
    {"form": "dm", "column": "AGE", "written": "710"},
)

PARTIAL_DATES: tuple[dict[str, Any], ...] = (
    {"form": "ae", "column": "AESTDAT", "count": 2, "written": "{year}-{month}"},
    {"form": "ae", "column": "AEENDAT", "count": 1, "written": "UNK"},
    {"form": "cm", "column": "CMSTDAT", "count": 3, "written": "UNK/{month}/{year}"},
    {"form": "cm", "column": "CMSTDAT", "count": 2, "written": "UNK/UNK/{year}"},
    {"form": "cm", "column": "CMSTDAT", "count": 1, "written": "UNK"},
)
