"""Longest common subsequences of two token lists, bit-parallel: one big-integer row for each token of the first.

Row i has bit j cleared where the LCS of the first i tokens of one text and the first j + 1 of the other is longer than
with j. Crochemore, Iliopoulos, Pinzon and Reid 2001; Hyyrö 2004. The dynamic-programming table of rouge-score 0.1.2
takes a Python step for every pair of tokens.
"""

from collections.abc import Sequence


def rows(first: Sequence[str], second: Sequence[str]) -> list[int]:
    """len(first) + 1 rows, row i for the first i tokens of first."""
    places: dict[str, int] = {}
    for place, token in enumerate(second):
        places[token] = places.get(token, 0) | 1 << place
    full = (1 << len(second)) - 1
    found = [full]
    for token in first:
        row = found[-1]
        matches = row & places.get(token, 0)
        found.append((row + matches | row - matches) & full)
    return found


def length(first: Sequence[str], second: Sequence[str]) -> int:
    """Tokens of the longest common subsequence."""
    return _length(rows(first, second)[-1], len(second))


def places(first: Sequence[str], second: Sequence[str]) -> set[int]:
    """Where in first one longest common subsequence lies. Of equally long ones, that of rouge-score 0.1.2: read from
    the end, a step back in first unless one in second keeps strictly more."""
    table = rows(first, second)
    i, j = len(first), len(second)
    found = set()
    while i and j:
        if first[i - 1] == second[j - 1]:
            i, j = i - 1, j - 1
            found.add(i)
        elif _length(table[i], j - 1) > _length(table[i - 1], j):
            j -= 1
        else:
            i -= 1
    return found


def _length(row: int, columns: int) -> int:
    """Bits cleared among the lowest columns ones."""
    return columns - (row & (1 << columns) - 1).bit_count()
