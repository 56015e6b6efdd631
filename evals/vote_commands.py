"""The shell's verb for votes: the ratings they make, and the preference pairs they are for training."""

import argparse
import json
import sys
from dataclasses import asdict

from evals import votes, wording
from evals.store import Store


def tell_votes(given: argparse.Namespace, store: Store) -> int:
    """votes, or votes export."""
    rows = store.votes()
    if given.do == "export":
        pairs, left_out = votes.preference_pairs(rows)
        if given.output:
            given.output.write_text(votes.jsonl(pairs), encoding="utf-8")
        else:
            print(votes.jsonl(pairs), end="")
        print(wording.pairs_saved(len(pairs), left_out), file=sys.stderr)
        return 0
    found = votes.standing(rows, control_style=given.style)
    print(_as_json(found) if given.json else _in_words(found))
    return 0


def _as_json(found: votes.Standing) -> str:
    ratings = found.ratings
    facts = {"votes": ratings.votes, "blind": found.blind, "uncounted": found.uncounted, "method": ratings.method}
    facts |= {"prior": ratings.prior, "flips": found.flips._asdict()}
    return json.dumps(facts | {"ratings": [asdict(row) for row in ratings.rows]}, indent=2)


def _in_words(found: votes.Standing) -> str:
    lines = [
        f"{row.best}-{row.worst}  {row.system:<36}  {row.rating:6.0f} ({row.low:.0f} to {row.high:.0f}), "
        f"{wording.votes(row.votes)}"
        for row in found.ratings.rows
    ]
    return "\n".join([*lines, " ".join(wording.standing(found))])
