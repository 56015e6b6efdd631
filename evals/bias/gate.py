"""Whether a system passes its audit: judged by the verdicts of its headlines, never by a point estimate."""

from typing import Literal

from evals.bias.records import AuditResult

Decision = Literal["pass", "fail", "inconclusive"]
CODES: dict[Decision, int] = {"pass": 0, "fail": 1, "inconclusive": 2}


def decide(result: AuditResult) -> tuple[Decision, list[str]]:
    """With reasons, in sentences. fail: bias was found, or the audit is not to be trusted. pass: every headline is
    surely within the margin."""
    if not result.trusted:
        return "fail", ["This audit is not to be trusted.", *result.distrust]
    heads = [each for each in result.findings if each.headline]
    found = [each for each in heads if each.verdict == "bias found"]
    if found:
        return "fail", [f"{each.probe} on {each.axis}: {each.words}" for each in found]
    open_ = [each for each in heads if each.verdict == "inconclusive"]
    if open_ or not heads:
        return "inconclusive", [f"{each.probe} on {each.axis}: {each.words}" for each in open_]
    return "pass", [f"All {len(heads)} headlines lie within the margin of {result.plan.margin:g} points."]
