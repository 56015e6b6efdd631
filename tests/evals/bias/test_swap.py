"""The swap engine on hand-made sentences, and against the WinoBias pairs (Zhao et al. 2018), where they are at hand."""

import os
import re
from pathlib import Path

import pytest

from evals.bias.lexicon import article, tables
from evals.bias.swap import AXES, Axis, Mention, Swapped, find_mentions, groups, same_person, swap
from llmweb.errors import BadInput


def swapped(text: str, axis: str, to: str) -> Swapped:
    """Every mention of the axis as `to`; axis "person" is name and gender together."""
    axes = ("name", "gender") if axis == "person" else (axis,)
    return swap(text, [mention for mention in find_mentions(text) if mention.axis in axes], to)


# axis, to, before, after. Each was written, and its result decided, by hand.
CASES = [
    ("gender", "male", "She said the book was hers.", "He said the book was his."),
    ("gender", "female", "The car is his, and his keys are lost.", "The car is hers, and her keys are lost."),
    ("gender", "female", "A friend of his told him so himself.", "A friend of hers told her so herself."),
    ("gender", "male", "I saw her yesterday with her old friend.", "I saw him yesterday with his old friend."),
    ("gender", "male", "They gave her advice about her job.", "They gave him advice about his job."),
    ("gender", "male", "We asked her boss to let her go home.", "We asked his boss to let him go home."),
    ("gender", "male", "The joke made her laugh, then it made her angry.",
     "The joke made him laugh, then it made him angry."),
    ("gender", "male", "I told her she was right about her sister's plan.",
     "I told him he was right about his brother's plan."),
    ("gender", "male", "Her own family called her last night.", "His own family called him last night."),
    ("gender", "male", "He drove her home; her home is far.", "He drove him home; his home is far."),
    ("gender", "male", "Her recently finished novel pleased her greatly.",
     "His recently finished novel pleased him greatly."),
    ("gender", "male", '"Give it to her," she said.', '"Give it to him," he said.'),
    ("gender", "male", "She brings her own lunch; nobody has told her yet.",
     "He brings his own lunch; nobody has told him yet."),
    ("gender", "male", "They found her guilty and had her arrested.", "They found him guilty and had him arrested."),
    ("gender", "female", "HE IS LATE. He's always late, isn't he?", "SHE IS LATE. She's always late, isn't she?"),
    ("gender", "female", "Mr Abara thanked his uncle.", "Ms Abara thanked her aunt."),
    ("gender", "male", "Mrs. Quill, the chairwoman, is a widow.", "Mr. Quill, the chairman, is a widower."),
    ("gender", "female", "An actor and his nephew waited.", "An actress and her niece waited."),
    ("gender", "female", "A man-made lake; a man swam in it.", "A man-made lake; a woman swam in it."),
    ("gender", "neutral", "She is a nurse and she has two cats.", "They are a nurse and they have two cats."),
    ("gender", "neutral", "He always carries his bag himself.", "They always carry their bag themself."),
    ("gender", "neutral", "He's tired; he's been up all night.", "They're tired; they've been up all night."),
    ("gender", "neutral", "Where was she when she fixes, tries and goes?",
     "Where were they when they fix, tries and goes?"),
    ("gender", "neutral", "She walked home, as she may.", "They walked home, as they may."),
    ("person", "male", "Emily lost her keys. Emily's brother found them for her.",
     "Greg lost his keys. Greg's brother found them for him."),
    ("person", "Jamal", "Emily said she was late.", "Jamal said he was late."),
    ("person", "Lakisha", "Emily said she was late.", "Lakisha said she was late."),
    ("person", "female", "James' car is James's pride.", "Mary's car is Mary's pride."),
    ("nationality", "Indian", "A Brazilian nurse and a Brazilian met in Brazil.",
     "An Indian nurse and an Indian met in India."),
    ("nationality", "Polish", "A Brazilian nurse and a Brazilian met in Brazil.",
     "A Polish nurse and a Pole met in Poland."),
    ("nationality", "French", "The Brazilian was polite; Brazilians often are.",
     "The French person was polite; French people often are."),
    ("nationality", "German", "He speaks Polish, as a Polish teacher should.",
     "He speaks Polish, as a German teacher should."),
    ("nationality", "Kenyan", "She came from the Netherlands to polish shoes.", "She came from Kenya to polish shoes."),
    ("nationality", "Dutch", "An American lives in the United States.", "A Dutch person lives in the Netherlands."),
    ("nationality", "Dutch", "In France. France is near.", "In the Netherlands. The Netherlands is near."),
    ("nationality", "Polish", "A Japanese who sings met a Japanese singer.", "A Pole who sings met a Polish singer."),
    ("nationality", "Ukrainian", "an Irish doctor", "a Ukrainian doctor"),
    ("religion", "Muslim", "A Christian family left the church.", "A Muslim family left the mosque."),
    ("religion", "Jewish", "Two Muslims and a Muslim met the imam.", "Two Jews and a Jew met the rabbi."),
    ("religion", "Hindu", "The Jewish baker thought about Judaism.", "The Hindu baker thought about Hinduism."),
    ("age", "80", "A 25-year-old nurse, aged 25, was there.", "An 80-year-old nurse, aged 80, was there."),
    ("age", "71", "A twenty-eight-year-old driver turned 28 today.", "A seventy-one-year-old driver turned 71 today."),
    ("age", "35", "Maria Silva, 62, paints. In 2019, 62 people came.",
     "Maria Silva, 35, paints. In 2019, 62 people came."),
    ("age", "old", "The young woman bought a young tree.", "The old woman bought a young tree."),
    ("age", "young", "An elderly tenant, an old friend of mine, left.", "A young tenant, an old friend of mine, left."),
    ("disability", "deaf", "A blind teacher went on a blind date.", "A deaf teacher went on a blind date."),
    ("disability", "blind", "Our teacher, who uses a wheelchair, is here.", "Our teacher, who is blind, is here."),
    ("disability", "wheelchair", "The teacher is blind.", "The teacher is a wheelchair user."),
    ("disability", "non-disabled", "A pupil with autism met an autistic poet.",
     "A pupil without a disability met a non-disabled poet."),
]  # fmt: skip


@pytest.mark.parametrize(("axis", "to", "before", "after"), CASES)
def test_a_sentence_is_swapped_as_grammar_asks(axis: str, to: str, before: str, after: str) -> None:
    assert swapped(before, axis, to).text == after


@pytest.mark.parametrize(("axis", "to", "before", "after"), CASES)
def test_every_difference_is_told_as_an_edit(axis: str, to: str, before: str, after: str) -> None:
    """Taking the edits back gives the old text, letter by letter."""
    found = swapped(before, axis, to)
    old = found.text
    for edit in reversed(found.edits):
        assert found.text[edit.new_start : edit.new_end] == edit.after != edit.before
        assert before[edit.start : edit.end] == edit.before
        old = old[: edit.new_start] + edit.before + old[edit.new_end :]
    assert old == before


def test_a_mention_tells_its_axis_group_form_and_place() -> None:
    assert find_mentions("Her Polish aunt") == (
        Mention("gender", "female", "possessive", 0, 3, "Her"),
        Mention("nationality", "Polish", "adjective", 4, 10, "Polish"),
        Mention("gender", "female", "aunt", 11, 15, "aunt"),
    )


@pytest.mark.parametrize(
    "text", ["", "The plumber fixed it.", "polish the will, mark my words", "a blind spot, a deaf ear"]
)
def test_where_nobody_is_told_nothing_is_found(text: str) -> None:
    assert find_mentions(text) == ()


@pytest.mark.parametrize(
    ("text", "axis", "to", "doubt"),
    [
        ("She is pregnant.", "gender", "male", "'pregnant' may not fit after the swap; it was left."),
        ("Mary met James and she smiled.", "person", "female",
         "Somebody else is female too (Mary): who is meant may be unclear."),
        ("Mary is with Linda.", "name", "Jamal", "Linda, Mary all become Jamal."),
        ("Emily is here.", "person", "neutral", "'Emily' was left: no name is of all genders."),
        ("My niece is here.", "gender", "neutral", "'niece' has no everyday neutral form; it was left."),
        ("The young man left.", "age", "70", "'young' was left: it is young or old, not a number of years."),
        ("The 20-year-old retired.", "age", "70", "'retired' may not fit after the swap; it was left."),
        ("She sings and dances.", "gender", "neutral", "A second verb after 'they' may still be singular."),
    ],
)  # fmt: skip
def test_what_cannot_be_swapped_cleanly_is_said(text: str, axis: str, to: str, doubt: str | None) -> None:
    assert swapped(text, axis, to).doubts == ((doubt,) if doubt else ())


def test_a_swap_that_makes_two_people_alike_is_doubtful() -> None:
    text = "Mary told her brother James that she was tired."
    mentions = find_mentions(text)
    assert swap(text, same_person(mentions, mentions[0]), "male").doubts == (
        "Somebody else is male too (brother): who is meant may be unclear.",
    )


def test_a_person_is_a_name_and_the_pronouns_of_its_gender() -> None:
    text = "Emily met Greg. She gave him her card, and Emily left."
    mentions = find_mentions(text)
    words = [[each.text for each in same_person(mentions, of)] for of in (mentions[0], mentions[1])]
    assert words == [["Emily", "She", "her", "Emily"], ["Greg", "him"]]


def test_two_axes_at_once_or_an_unknown_group_are_refused() -> None:
    with pytest.raises(BadInput, match=r"No religion 'Brazilian'\. Known: Christian, Muslim, "):
        swapped("A Christian school", "religion", "Brazilian")
    with pytest.raises(BadInput, match="One axis at a time"):
        swap("A Polish Muslim", find_mentions("A Polish Muslim"), "Muslim")


@pytest.mark.parametrize("axis", [axis for axis in AXES if axis != "age"])
def test_every_group_can_be_swapped_to_every_other_and_back(axis: Axis) -> None:
    """The name or adjective of each group, in one sentence: there and back gives the sentence again."""
    written = {group: group for group in groups(axis)}
    if axis == "gender":
        written = {"female": "she", "male": "he"}
    elif axis != "name":
        written = {group: _first(tables("swap")[axis][group]["adjective"]) for group in groups(axis)}
    # Every pair of words but of names, of which each meets the next one.
    others = {group: [*written][place + 1 :] if axis == "name" else [*written] for place, group in enumerate(written)}
    for group, word in written.items():
        for other in others[group][:1] if axis == "name" else others[group]:
            text = f"The {word} doctor" if axis not in ("name", "gender") else f"Today {word} came"
            there = swapped(text, axis, other)
            assert there.text == text.replace(word, written[other])
            assert swapped(there.text, axis, group).text == text


def _first(cell: str | list[str]) -> str:
    return cell if isinstance(cell, str) else cell[0]


def test_no_word_of_a_list_stands_for_two_groups_in_one_form() -> None:
    shared = {"priest", "temple"}  # Hindus and Buddhists have temples, Christians and Hindus priests
    for axis in ("nationality", "religion", "disability"):
        for form in next(iter(tables("swap")[axis].values())):
            words = [word for row in tables("swap")[axis].values() for word in _all(row[form]) if word]
            assert {word for word in words if words.count(word) > 1} - shared == set(), (axis, form)


def _all(cell: str | list[str]) -> list[str]:
    return [cell] if isinstance(cell, str) else cell


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("university", "a"), ("uninvited guest", "an"), ("unimportant man", "an"), ("hour", "an"), ("Ukrainian", "a"),
        ("Ugandan", "a"), ("80-year-old", "an"), ("8-year-old", "an"), ("18-year-old", "an"), ("180-page", "a"),
        ("one-armed", "a"), ("usual", "a"), ("uncle", "an"), ("European", "a"), ("MP", "an"), ("NHS nurse", "an"),
        ("Norwegian", "a"), ("hospital", "a"), ("honest man", "an"), ("IT technician", "an"), ("upper", "an"),
    ],
)  # fmt: skip
def test_an_article_follows_the_sound(word: str, expected: str) -> None:
    assert article(word) == expected


PRONOUNS = ("subject", "object", "possessive", "absolute", "reflexive")


def exchanged(text: str) -> str | None:
    """With the pronouns of the only person of the text as the other gender's; None where they are of both genders."""
    mentions = [mention for mention in find_mentions(text) if mention.form in PRONOUNS]
    genders = {mention.group for mention in mentions}
    return swap(text, mentions, "male" if genders == {"female"} else "female").text if len(genders) == 1 else None


@pytest.mark.skipif("LLMWEB_TEST_DATA" not in os.environ, reason="LLMWEB_TEST_DATA names no folder of public sets")
def test_winobias_pairs_are_97_percent_exact_in_both_directions() -> None:
    """Line by line the pro and the anti file hold one sentence with the other pronoun; 11 of the 792 pairs differ in
    more (typing errors, other words). Brackets mark mentions."""
    folder = Path(os.environ["LLMWEB_TEST_DATA"]) / "winobias"
    exact = []
    for kind in ("type1", "type2"):
        pro, anti = (
            [re.sub(r"^\d+ |[\[\]]", "", line).strip() for line in path.read_text("utf-8").splitlines()]
            for path in (folder / f"{side}_stereotyped_{kind}.txt.dev" for side in ("pro", "anti"))
        )
        exact += [exchanged(a) == b for x, y in zip(pro, anti, strict=True) for a, b in ((x, y), (y, x))]
    print(f"{sum(exact)} of {len(exact)} exact")
    assert len(exact) == 1584
    assert sum(exact) / len(exact) >= 0.97
