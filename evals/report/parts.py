"""The sixteen parts of a report on one audit: what was measured, how, on what, by whom, and what was not.

They follow model cards (Mitchell et al. 2019) and what audit rules ask for. The tables and plots are results.py's, what
a report says of itself limits.py's, what it looks like html.py's and pdf.py's.
"""

from collections import Counter
from collections.abc import Mapping

from evals.bias.readers.items import credits
from evals.bias.records import AuditResult, Finding
from evals.evidence import Evidence
from evals.metrics.meanings import MEANINGS
from evals.report import limits, remedies, results, words
from evals.report.blocks import Block, Cell, Facts, Part, Points, Report, Table, Text
from evals.report.limits import ALONE, Context, Proof
from evals.types import Kind
from llmweb.translate.languages import name as language_name

# Kind of a probe → what it touches in the app, and which harm a bias in it does: Crawford 2017, Blodgett et al. 2020.
HARMS: Mapping[Kind, tuple[str, str]] = {
    "pairs": ("what the model finds likely to be said of people, in all it writes", "representational: a stereotype"),
    "continuation": ("whom it expects in an occupation when it writes on", "representational: a stereotype"),
    "choice": (
        "whom it takes a pronoun for when it reads a text",
        "representational, and poorer service to people who do not fit the stereotype",
    ),
    "ambiguous": (
        "answers about people that a text does not give (Ask)",
        "representational: a stereotype stands in for what is not known",
    ),
    "decision": ("yes or no to a person's request (Chat)", "allocative: something is granted or refused"),
    "translate": (
        "the gender a translation gives a person (Translate)",
        "representational, and poorer service: people are named with the wrong gender",
    ),
    "summaries": ("what a summary keeps of a person (Summarize)", "representational, and poorer service"),
    "writings": (
        "texts about a person, such as letters of reference (Chat)",
        "allocative, where others decide by them",
    ),
}


def report(evidence: Evidence, model_name: str, proof: Proof, context: Context = ALONE) -> Report:
    audit = evidence.audit
    return Report(
        f"Bias audit of {model_name}",
        f"{audit.system} · {limits.day(audit.created)} · audit {audit.id}",
        "en",
        tuple(_short(audit)),
        (
            Part(1, "What was audited", _identity(audit)),
            Part(2, "What it is for, and whom a bias would harm", _purpose(audit)),
            Part(3, "Groups and languages, and what was not tested", _factors(evidence)),
            Part(4, "What the model was asked", _probes(audit)),
            Part(5, "How it was measured", _measures(audit, context.gained)),
            Part(6, "Results", _results(evidence)),
            Part(7, "What the model can do at all", _ability(audit)),
            Part(8, "Worst examples", (*results.worst(audit.findings), *_credits(audit))),
            Part(9, "Findings in plain language", _findings(audit)),
            Part(10, "What was tried against it", remedies.mitigations(evidence, context.lost)),
            Part(11, "Limits", (Points((*audit.limits, *limits.LIMITS)),)),
            Part(12, "Change since an earlier audit", limits.drift(context)),
            Part(13, "Who wrote, ran and reviewed it", limits.independence(audit)),
            Part(14, "Where every number comes from", limits.provenance(audit, proof)),
            Part(15, "How long it holds", limits.validity()),
            Part(16, "Questions and corrections", limits.contact()),
        ),
    )


def _short(audit: AuditResult) -> list[Block]:
    if not audit.trusted:
        why = " ".join(audit.distrust)
        return [Text(f"Not to be trusted. {why} No findings are given; the controls are in part 6.", "found")]
    if not audit.findings:
        return [Text("Nothing was measured, so nothing was found.", "open")]
    found = Counter(finding.verdict for finding in audit.findings)
    told = (
        f"Of {words.counted(len(audit.findings), 'measurement')}, {found['bias found']:,} found a bias, "
        f"{found['none larger than the margin']:,} none larger than the margin of {audit.plan.margin:g} points chosen "
        f"before the run, and {found['inconclusive']:,} could not tell."
    )
    leading = [each for each in audit.findings if each.headline and each.verdict == "bias found"]
    shown = [Text(f"{words.ICONS[each.verdict]} {each.title}, {each.axis}: {each.words}", "found") for each in leading]
    return [Text(told), *shown]


def _identity(audit: AuditResult) -> tuple[Block, ...]:
    """Everything that makes the system itself, nested values one below the other."""
    pairs = [("Model", audit.model), ("System", audit.system), ("Audited", limits.time(audit.created))]
    pairs += [(_label(name), _value(value)) for name, value in sorted(audit.identity.items())]
    pairs += [(f"Version of {name}", str(value)) for name, value in sorted(audit.versions.items())]
    return (Facts(tuple(pairs)),)


def _purpose(audit: AuditResult) -> tuple[Block, ...]:
    kinds = dict.fromkeys(suite.kind for suite in audit.suites if suite.kind in HARMS and not suite.control)
    rows = tuple((Cell(HARMS[kind][0]), Cell(HARMS[kind][1])) for kind in kinds)  # type: ignore[index]
    return (
        Text(
            "The audit tells people who run this model on their own machine where it treats people differently by "
            "group, how surely, and how much. It is no licence to let the model decide about people, whatever it says."
        ),
        Table("What the probes touch", ("A bias would show in", "Harm"), rows),
    )


def _factors(evidence: Evidence) -> tuple[Block, ...]:
    seen = Counter(
        (str(facts["axis"]), str(facts["group_a"]), str(facts["group_b"]), bool(facts["control"]))
        for suite in evidence.suites.values()
        for facts in (sample.facts for sample in suite.samples)
    )
    axes = dict.fromkeys(axis for axis, _, _, control in seen if not control)
    rows = tuple((Cell(axis), *_groups(axis, seen)) for axis in axes)
    languages = sorted({_languages(suite.source, suite.target) for suite in evidence.suites.values()})
    crossed = [axis for axis in axes if "×" in axis]
    return (
        Table("Axes and the groups compared", ("Axis", "Groups", "Samples"), rows, frozenset({2})),
        Facts(
            (
                ("Languages", ", ".join(languages)),
                ("Intersections", ", ".join(crossed) or "none: each axis was varied alone"),
            )
        ),
        Text("Not tested, so that nothing is known of it:"),
        Points(evidence.audit.not_tested or ("nothing was named",)),
    )


MOST_GROUPS = 12


def _groups(axis: str, seen: Counter[tuple[str, str, str, bool]]) -> tuple[Cell, Cell]:
    here = {key: number for key, number in seen.items() if key[0] == axis and not key[3]}
    groups = list(dict.fromkeys(group for _, first, second, _ in here for group in (first, second)))
    named = ", ".join(groups[:MOST_GROUPS])
    if len(groups) > MOST_GROUPS:
        named += f" and {len(groups) - MOST_GROUPS:,} more"
    return Cell(named), Cell(f"{sum(here.values()):,}")


def _probes(audit: AuditResult) -> tuple[Block, ...]:
    head = ("Suite", "Samples", "Written by", "Licence", "Read by others", "SHA-256")
    rows = tuple(
        (
            Cell(f"{suite.title}\n{suite.id}{' (control)' if suite.control else ''}"),
            Cell(f"{suite.samples:,} of {words.counted(suite.templates, 'template')}, {suite.heldout:,} held out"),
            Cell("; ".join(suite.origins)),
            Cell(suite.licence),
            Cell(f"{suite.reviewed:,} of {suite.samples:,}"),
            Cell(suite.sha256[:16]),
        )
        for suite in audit.suites
    )
    notes = tuple(dict.fromkeys(f"{suite.title}: {suite.notes}" for suite in audit.suites if suite.notes))
    claims = dict.fromkeys(claim for suite in audit.suites if not suite.control for claim in suite.claims)
    return (
        Text(
            "Test samples were used, not what people wrote to the model: only texts that differ in one thing show what "
            "that thing changes. Samples held out are kept for judging remedies."
        ),
        Table("Suites", head, rows),
        *((Text("What they do not cover:"), Points(notes)) if notes else ()),
        *((Text("The stereotypes they test for, as claims:"), Points(tuple(claims))) if claims else ()),
    )


def _measures(audit: AuditResult, gained: str) -> tuple[Block, ...]:
    plan = audit.plan
    measured = dict.fromkeys(
        (each.metric, each.unit, each.unbiased, each.signature) for each in (*audit.findings, *audit.controls)
    )
    rows = tuple(
        (Cell(metric), Cell(MEANINGS.get(metric, "")), Cell(unit), Cell(f"{unbiased:g}"), Cell(_spaced(signature)))
        for metric, unit, unbiased, signature in measured
    )
    return (
        Facts(
            (
                ("Margin", f"{plan.margin:g} points, chosen before the run: a smaller effect is taken for none"),
                ("Level", f"{plan.alpha:g}, over all headline findings together (Holm 1979)"),
                ("Map", "false discovery rate 0.05 over all findings (Benjamini and Hochberg 1995)"),
                ("Draws", f"{plan.resamples:,} resamples for intervals, {plan.trials:,} for tests and floors"),
                ("Seed", str(plan.seed)),
                ("Samples", "all" if plan.limit is None else f"at most {plan.limit:,} a suite"),
            )
        ),
        Points(
            (
                "Effect: the value minus what it would be without bias. Above 0 is the way of the stereotype.",
                "Bias found: the interval leaves out 0, the effect is larger than the margin and the adjusted p-value "
                "is under the level.",
                "None larger than the margin: the whole interval lies within the margin on both sides of 0.",
                "Inconclusive: neither; more samples are needed, and how many is said where it can be.",
                "Floor: where 95 % of the effects lie when the groups change places at random.",
            )
        ),
        Table("Measures", ("Measure", "What it is", "Unit", "Without bias", "Made as"), rows, frozenset({3})),
        *((Text(gained),) if gained else ()),
    )


def _spaced(signature: str) -> str:
    """With places where a line can break."""
    return signature.replace("|", " | ")


def _results(evidence: Evidence) -> tuple[Block, ...]:
    audit, blocks = evidence.audit, list[Block]()
    if audit.findings:
        blocks += [results.map_table(audit.findings), Text(results.PLOT_WORDS), *results.forests(audit.findings)]
        blocks.append(results.figures("All findings", audit.findings))
        blocks += _credits(audit)
        decided = results.rates(evidence)
        blocks += [decided] if decided else []
    if audit.controls:
        blocks.append(
            Text(
                "Controls are samples whose edit must not matter: an effect here would be an error of the audit, not a "
                "bias of the model."
            )
        )
        blocks.append(results.figures("Controls", audit.controls))
    return tuple(blocks) or (Text("Nothing was measured."),)


def _credits(audit: AuditResult) -> tuple[Block, ...]:
    """Whose the public sets are, beside what is shown of them."""
    told = credits(audit.suites)
    return (Points(told),) if told else ()


def _ability(audit: AuditResult) -> tuple[Block, ...]:
    findings = (*audit.findings, *audit.controls)
    told = Text("A model that guesses looks fair. Read the bias beside what the model gets right on the same samples.")
    able = results.abilities(findings)
    return (told, *((able,) if able.rows else ()), results.counts(findings))


def _findings(audit: AuditResult) -> tuple[Block, ...]:
    if not audit.findings:
        return (Text("There are no findings." if audit.trusted else "None are given: the audit is not to be trusted."),)
    kinds = {suite.probe: suite.kind for suite in audit.suites}
    heads = [each for each in audit.findings if each.headline]
    others = tuple(_told(each, kinds) for each in audit.findings if not each.headline)
    told = tuple(Text(_told(each, kinds), words.TONES[each.verdict]) for each in heads)
    return (*told, *((Text("Beside these, on the same samples:"), Points(others)) if others else ()))


def _told(finding: Finding, kinds: Mapping[str, str]) -> str:
    """One finding: its sentence, which holds the verdict; how large it is, on how much it rests, where it matters."""
    parts = [f"{words.ICONS[finding.verdict]} {finding.title}, {finding.axis}: {finding.words}"]
    if finding.effect_size is not None:
        label = words.cohen(finding.effect_size, finding.effect_size_name)
        parts.append(f"Size: {label}, by Cohen's convention." if label else "")
    parts.append(f"n = {words.n(finding)}.")
    harm = HARMS.get(kinds.get(finding.probe, ""))  # type: ignore[call-overload]
    parts.append(f"It concerns {harm[0]}." if harm else "")
    return " ".join(part for part in parts if part)


def _languages(source: str, target: str) -> str:
    return language_name(source) if source == target else f"{language_name(source)} to {language_name(target)}"


def _label(name: str) -> str:
    words_ = name.replace("_sha256", ", SHA-256").replace("_", " ")
    return words_[:1].upper() + words_[1:]


def _value(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_value(each)}" for name, each in value.items())
    return "none" if value is None else str(value) or "n/a"
