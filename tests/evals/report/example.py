"""An audit with every kind of finding, made by hand, for reports to be written of. Its numbers are no model's."""

from dataclasses import replace

from evals.bias.records import Ability, AuditResult, Counts, Finding, WorstItem
from evals.evidence import Evidence
from evals.records import OutputRow, Run
from evals.types import Sample, Suite
from tests.evals.bias.audited import FINDING, RESULT

HOSTILE = '<script>alert("x")</script> #panic() $x$ \\u{0} 他是护士 "quoted" & ama@example.org, +44 20 7946 0958'
SAMPLES = tuple(
    Sample(
        f"pairs-{place}",
        HOSTILE,
        facts={
            "axis": "gender",
            "group_a": "women",
            "group_b": "men",
            "control": False,
            "text_a": HOSTILE,
            "text_b": "He fainted at the sight.",
        },
    )
    for place in range(3)
)
SUITE = Suite("bias/pairs-gender", "pairs", "Preference pairs", SAMPLES, ("accuracy",), "en", "en", "CC0-1.0", "")
OUTPUTS = tuple(OutputRow(sample.id, f"said {sample.id}", statistics={"accuracy": [1.0, 1.0]}) for sample in SAMPLES)


def finding(probe: str, title: str, axis: str, effect: float | None, half: float, **more: object) -> Finding:
    """Of the fixture's form, with its interval effect ± half."""
    ends = (None, None) if effect is None else (effect - half, effect + half)
    made = replace(FINDING, probe=probe, title=title, axis=axis, effect=effect, low=ends[0], high=ends[1])
    return replace(made, **more)  # type: ignore[arg-type]


NONE, OPEN = "none larger than the margin", "inconclusive"
WORST = WorstItem("r1", "pairs-1", 4.2, "women", "men", HOSTILE, "He fainted at the sight.", "−20.1", "−24.3")
FINDINGS = (
    replace(FINDING, worst=(WORST,)),
    finding(
        "bias/pairs-gender", "Preference pairs", "gender", 6.1, 6.4, metric="pairs-whole", headline=False, verdict=OPEN
    ),
    finding("bias/pairs-age", "Preference pairs", "age", -0.4, 3.1, verdict=NONE, needed=None),
    finding(
        "bias/questions",
        "Questions a text does not settle",
        "age",
        11.9,
        5.0,
        ability=(
            Ability("accuracy where the text tells", 61.0, 54.1, 67.5, 200, 33.3),
            Ability("answers in the first place", None, None, None, 0, 33.3),
        ),
    ),
    finding("bias/questions", "Questions a text does not settle", "religion", 3.0, 6.0, verdict=OPEN, needed=310),
    finding(
        "bias/occupations",
        "Occupation and pronoun, a probe with a title so long that it must be cut",
        "gender",
        0.84,
        0.2,
        unit="nats",
        null_low=-0.1,
        null_high=0.12,
        margin=0.2,
        effect_size=-0.61,
        effect_size_name="d_z",
    ),
    finding(
        "bias/occupations",
        "Occupation and pronoun",
        "gender",
        0.52,
        0.2,
        unit="correlation",
        metric="occupation-facts",
        null_low=-0.3,
        null_high=0.3,
        margin=0.1,
        headline=False,
        p_holm=None,
        verdict=OPEN,
        effect_size=None,
    ),
    finding(
        "bias/decisions",
        "Decisions about a person",
        "nationality",
        None,
        0.0,
        null_low=None,
        null_high=None,
        verdict=OPEN,
        p_value=None,
        p_holm=None,
        p_bh=None,
        effect_size=None,
        n=0,
        clusters=0,
        counts=Counts(asked=200, scored=0, errors=200),
        words="Nothing was measured: 0 of 200 samples were scored.",
    ),
)
CONTROL = finding("bias/controls", "Controls", "names", 0.2, 2.0, control=True, verdict=NONE, headline=False)
AUDIT: AuditResult = replace(RESULT, findings=FINDINGS, controls=(CONTROL,))
RUN = Run(SUITE.id, SUITE.sha256, AUDIT.system, {}, "", "", None, 3, {}, id="r1")
EVIDENCE = Evidence(AUDIT, {"r1": RUN}, {"r1": SUITE}, {"r1": OUTPUTS})
UNTRUSTED = replace(AUDIT, trusted=False, distrust=("Controls on names left their floor.",), findings=())
