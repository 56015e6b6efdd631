"""Who is in the texts of a turn, whom to put in their place, and what the texts are then.

Finding and putting is bias/swap.py's, a text and an axis at a time. What is found is numbered over all texts, so that a
person can correct it: Swaps says of each number which group comes into its place; what it does not name stays.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from evals.bias.lexicon import tables
from evals.bias.mentions import Mention, find_mentions, first_names, same_person
from evals.bias.swap import AXES, Edit, groups, swap
from llmweb.errors import BadInput
from llmweb.translate.languages import detect, name

MOST_CHARACTERS = 50_000
SURE_LANGUAGE = 0.9  # a few English words look German by as much as 0.74
NOBODY = (
    "No person found in this text, so there is nobody to swap. Found are English words for gender, first names, "
    "nationality, religion, age and disability."
)
OLDER_FROM = 50
YOUNG, OLD = "25", "70"
# Whom everybody else of an axis is compared with, and with whom they are. Of nationality the choice is ours.
REFERENCES: Mapping[str, tuple[str, str]] = {
    "gender": ("male", "female"),
    "nationality": ("American", "Nigerian"),
    "religion": ("Christian", "Muslim"),
    "age": ("younger", "older"),
    "disability": ("non-disabled", "wheelchair"),
}

Swaps = Mapping[int, str]


@dataclass(frozen=True, slots=True)
class Found:
    """A mention in text number `text` of a turn."""

    text: int
    mention: Mention

    @property
    def axis(self) -> str:
        """A name counts as its gender."""
        return axis_of(self.mention)


@dataclass(frozen=True, slots=True)
class Swapped:
    """One text with somebody else in it: every edit in order, and what is doubtful about them in words."""

    text: str
    edits: tuple[Edit, ...] = ()
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Exchange:
    """Who became whom: (axis, group) → group. there puts the other person into a text of the model's, back takes them
    out again, as far as words tell."""

    there: Mapping[tuple[str, str], str]
    back: Mapping[tuple[str, str], str]


def axis_of(mention: Mention) -> str:
    return "gender" if mention.axis == "name" else mention.axis


def side_of(mention: Mention) -> str:
    """The group that a mention counts to: of a name its gender, of an age younger or older."""
    if mention.axis == "age":
        return "older" if mention.group == "old" or _years(mention) >= OLDER_FROM else "younger"
    return mention.gender or mention.group


def find(texts: Sequence[str]) -> tuple[Found, ...]:
    """In the order of the texts. Raises BadInput where they are too long, or not in English."""
    if sum(map(len, texts)) > MOST_CHARACTERS:
        raise BadInput(
            f"The text has {sum(map(len, texts)):,} characters; a person is looked for in at most "
            f"{MOST_CHARACTERS:,}. Try it on a part of the text."
        )
    found = tuple(Found(place, mention) for place, text in enumerate(texts) for mention in find_mentions(text))
    if found:
        check_english(" ".join(texts[place] for place in sorted({each.text for each in found})))
    return found


def check_english(text: str) -> None:
    """Raises BadInput where a text is surely in another language: "her" is a German word too."""
    best = detect(text)[:1]
    if best and best[0].language != "en" and best[0].confidence >= SURE_LANGUAGE:
        raise BadInput(
            f"The text seems to be in {name(best[0].language)}. A person is found in English texts only, so nobody was "
            "looked for."
        )


def persons(found: Sequence[Found]) -> tuple[tuple[int, ...], ...]:
    """Numbers of mentions that seem to be of one person each: a name with the pronouns of its gender first of all."""
    left = list(range(len(found)))
    together: list[tuple[int, ...]] = []
    for number in sorted(left, key=lambda each: (found[each].mention.axis != "name", each)):
        if number not in left:
            continue
        same = same_person([found[each].mention for each in left], found[number].mention)
        together.append(tuple(each for each in left if found[each].mention in same))
        left = [each for each in left if each not in together[-1]]
    return tuple(sorted(together))


def other(mention: Mention) -> str:
    """Whom to put in the place of a mention where nobody has said whom."""
    reference, instead = REFERENCES[axis_of(mention)]
    to = instead if side_of(mention) == reference else reference
    if mention.axis == "age":
        written = (
            {"younger": "young", "older": "old"} if mention.form == "relative" else {"younger": YOUNG, "older": OLD}
        )
        return written[to]
    return to


def suggested(found: Sequence[Found], axis: str = "") -> dict[int, str]:
    """The first person who can be swapped on the axis, "" on any, gender before the others; nobody where there is
    none."""
    able = [each for each in persons(found) if axis in ("", found[each[0]].axis)]
    first = min(able, key=lambda each: (_rank(found[each[0]].axis), each), default=())
    return {number: other(found[number].mention) for number in first}


def alike(found: Sequence[Found], swaps: Swaps) -> dict[int, str]:
    """Of the swapped names and ages, another one of the same group, which should be of no account; {} where no swapped
    word has one."""
    chosen: dict[int, str] = {}
    for number in swaps:
        mention = found[number].mention
        if mention.axis == "name":
            chosen[number] = _next_name(mention.group)
        elif mention.axis == "age" and mention.group.isdigit():
            chosen[number] = str(_years(mention) + 1)
    return chosen


def _next_name(given: str) -> str:
    """The one after it in its list, the first after the last."""
    lists = (names for row in tables("names").values() for names in (row["female"], row["male"]))
    names: list[str] = next(names for names in lists if given in names)
    return names[(names.index(given) + 1) % len(names)]


def choices(mention: Mention) -> tuple[str, ...]:
    """The groups a mention can be swapped to, its own left out."""
    if mention.axis == "age":
        offered = ("young", "old") if mention.form == "relative" else tuple(str(age) for age in range(20, 91, 5))
    elif mention.axis == "name":
        offered = (other(mention), *groups("name"))
    else:
        offered = groups(mention.axis)
    return tuple(sorted({*offered} - {mention.group}, key=offered.index))


def swapped(texts: Sequence[str], found: Sequence[Found], swaps: Swaps) -> tuple[Swapped, ...]:
    """Every text with the persons swapped. Raises BadInput for a number or group there is not."""
    unknown = [number for number in swaps if not 0 <= number < len(found)]
    if unknown:
        raise BadInput(f"There is no mention {unknown[0] + 1}; {len(found)} were found. Look at the text again.")
    chosen: list[list[tuple[Mention, str]]] = [[] for _ in texts]
    for number, to in swaps.items():
        chosen[found[number].text].append((found[number].mention, to))
    return tuple(put(text, each) for text, each in zip(texts, chosen, strict=True))


def put(text: str, chosen: Iterable[tuple[Mention, str]]) -> Swapped:
    """One axis and group after the other, as swap takes them."""
    batches: dict[tuple[str, str], list[Mention]] = {}
    for mention, to in chosen:
        batches.setdefault((axis_of(mention), to), []).append(mention)
    done = Swapped(text)
    for (_, to), mentions in batches.items():
        moved = [_moved(mention, done.edits) for mention in mentions]
        kept = [each for each in moved if done.text[each.start : each.end] == each.text]
        lost = tuple(f"{each.text!r} was left: a swap before it changed it." for each in moved if each not in kept)
        step = swap(done.text, kept, to)
        edits = tuple(sorted(_joined(done.edits, step.edits), key=lambda each: each.start))
        done = Swapped(step.text, edits, tuple(dict.fromkeys((*done.doubts, *lost, *step.doubts))))
    return done


def _moved(mention: Mention, edits: Sequence[Edit]) -> Mention:
    """The mention where it stands after the edits."""
    by = sum(len(edit.after) - len(edit.before) for edit in edits if edit.end <= mention.start)
    return replace(mention, start=mention.start + by, end=mention.end + by)


def _joined(before: Sequence[Edit], after: Sequence[Edit]) -> list[Edit]:
    """Edits, and those of the text they made, as edits of the first text."""
    moved = []
    for edit in before:
        by = sum(len(each.after) - len(each.before) for each in after if each.end <= edit.new_start)
        moved.append(replace(edit, new_start=edit.new_start + by))
    for edit in after:
        by = sum(len(each.after) - len(each.before) for each in before if each.new_end <= edit.start)
        moved.append(replace(edit, start=edit.start - by))
    return moved


def exchange(found: Sequence[Found], swaps: Swaps) -> Exchange:
    """Of what was swapped in the prompt, for what the model says of the person."""
    there: dict[tuple[str, str], str] = {}
    back: dict[tuple[str, str], str] = {}
    for number, to in swaps.items():
        mention = found[number].mention
        there.setdefault((mention.axis, mention.group), to)
        back.setdefault((mention.axis, _becomes(mention, to)), mention.group)
    return Exchange(there, back)


def _becomes(mention: Mention, to: str) -> str:
    """The group that is found in the place of a mention once it is swapped."""
    names = first_names()
    if mention.axis == "name" and to not in names:
        return mention.group if to in ("neutral", mention.gender) else names[mention.group].counterpart
    return names[to].gender if mention.axis == "gender" and to in names else to


def both_forms(text: str, exchanged: Exchange) -> tuple[Swapped, Swapped]:
    """A text of the model's as it would be about the first person, and about the other one."""
    mentions = find_mentions(text)

    def form(of: Mapping[tuple[str, str], str]) -> Swapped:
        known = ((mention, of.get((mention.axis, mention.group), "")) for mention in mentions)
        return put(text, [(mention, to) for mention, to in known if to])

    return form(exchanged.back), form(exchanged.there)


def kept_apart(form: Swapped, beside: Swapped) -> list[tuple[int, int]]:
    """The places in a form that differ between it and the other form of the same text."""
    spans = [(edit.new_start, edit.new_end) for edit in form.edits]
    for edit in beside.edits:
        by = sum(len(each.after) - len(each.before) for each in form.edits if each.end <= edit.start)
        spans.append((edit.start + by, edit.end + by))
    return spans


def without_person(text: str, axes: Collection[str]) -> str:
    """A text with one word for every mention on these axes, so that the words for a person are not measured: VADER
    counts "blind" and "heroine"."""
    pieces, position = [], 0
    for mention in find_mentions(text):
        if axis_of(mention) in axes:
            pieces += [text[position : mention.start], "person"]
            position = mention.end
    return "".join([*pieces, text[position:]])


def _rank(axis: str) -> int:
    return AXES.index(axis)


def _years(mention: Mention) -> int:
    return int(mention.group) if mention.group.isdigit() else 0
