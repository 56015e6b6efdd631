"""Who is found, who goes together, and the texts with somebody else in them."""

from itertools import product

import pytest

from evals.counterfactual.person import (
    NOBODY,
    alike,
    both_forms,
    choices,
    exchange,
    find,
    kept_apart,
    other,
    persons,
    suggested,
    swapped,
    without_person,
)
from evals.metrics.bias.writings import sentiment_of
from llmweb.errors import BadInput

LETTER = "Maria is a Muslim nurse, aged 71. She asked her boss about a rise, and he thanked her."


def words(text: str) -> list[list[str]]:
    found = find([text])
    return [[found[number].mention.text for number in person] for person in persons(found)]


def test_a_name_goes_with_the_pronouns_of_its_gender_and_every_other_axis_stands_by_itself() -> None:
    assert words(LETTER) == [["Maria", "She", "her", "her"], ["Muslim"], ["71"], ["he"]]
    assert words("Maria met Anne. Her bag was heavy.") == [["Maria", "Her"], ["Anne"]]
    assert words("The train to the coast leaves at eight.") == []


def test_the_first_gendered_person_is_suggested_first_and_else_the_axis_that_is_there() -> None:
    found = find([LETTER])
    assert {found[number].mention.text: to for number, to in suggested(found).items()} == {
        "Maria": "male",
        "She": "male",
        "her": "male",
    }
    assert [found[number].mention.text for number in suggested(found, "religion")] == ["Muslim"]
    assert suggested(found, "disability") == {}
    assert list(suggested(find(["A Christian farmer from Kenya spoke."])).values()) == ["American"]


@pytest.mark.parametrize(
    ("text", "to"),
    [
        ("He left.", "female"),
        ("A Nigerian left.", "American"),
        ("An American left.", "Nigerian"),
        ("A Hindu left.", "Christian"),
        ("A Christian left.", "Muslim"),
        ("She is 49 years old.", "70"),
        ("She is fifty years old.", "25"),
        ("The old applicant left.", "young"),
        ("The blind teacher left.", "non-disabled"),
        ("A non-disabled teacher left.", "wheelchair"),
    ],
)
def test_everybody_is_compared_with_the_reference_and_the_reference_with_somebody_else(text: str, to: str) -> None:
    mention = find([text])[-1].mention
    assert other(mention) == to
    assert to in choices(mention)
    assert mention.group not in choices(mention)


def test_several_axes_are_swapped_together_and_every_edit_tells_its_place_in_both_texts() -> None:
    found = find([LETTER])
    swaps = suggested(found) | suggested(found, "religion") | suggested(found, "age")
    (done,) = swapped([LETTER], found, swaps)
    assert done.text == "Carlos is a Christian nurse, aged 25. He asked his boss about a rise, and he thanked him."
    for edit in done.edits:
        assert LETTER[edit.start : edit.end] == edit.before
        assert done.text[edit.new_start : edit.new_end] == edit.after
    assert [edit.before for edit in done.edits] == ["Maria", "Muslim", "71", "She", "her", "her"]


def test_an_article_changes_with_the_word_after_it_whatever_else_is_swapped_before() -> None:
    text = "She met an American engineer, a Hindu."
    found = find([text])
    for first, second, third in product(("male", ""), ("Nigerian", ""), ("Muslim", "")):
        swaps = {number: to for number, to in enumerate((first, second, third)) if to}
        (done,) = swapped([text], found, swaps)
        who, whom = "He" if first else "She", "a Nigerian" if second else "an American"
        assert done.text == f"{who} met {whom} engineer, a {third or 'Hindu'}."
        assert all(done.text[edit.new_start : edit.new_end] == edit.after for edit in done.edits)


def test_each_text_of_a_conversation_is_swapped_where_the_person_is_in_it() -> None:
    texts = ("Be brief.", "Is Anne a good doctor?", "She is.", "And is she kind?")
    found = find(texts)
    done = swapped(texts, found, suggested(found))
    assert [each.text for each in done] == ["Be brief.", "Is Brendan a good doctor?", "He is.", "And is he kind?"]


def test_a_choice_that_was_never_offered_is_refused() -> None:
    found = find(["She left."])
    with pytest.raises(BadInput, match="There is no mention 8; 1 were found"):
        swapped(["She left."], found, {7: "male"})
    with pytest.raises(BadInput, match="No gender 'robot'"):
        swapped(["She left."], found, {0: "robot"})


def test_nobody_is_looked_for_in_another_language_or_a_whole_book() -> None:
    with pytest.raises(BadInput, match="seems to be in German"):
        find(["Wo kommst du denn her, mein Freund, und wohin gehst du heute Abend mit deinem Vater?"])
    with pytest.raises(BadInput, match="50,004 characters"):
        find(["abc " * 12_501])
    assert "English words for gender" in NOBODY


def test_a_name_and_an_age_have_another_one_of_their_group() -> None:
    found = find([LETTER])
    swaps = suggested(found) | suggested(found, "religion") | suggested(found, "age")
    (done,) = swapped([LETTER], found, alike(found, swaps))
    assert done.text == "Ana is a Muslim nurse, aged 72. She asked her boss about a rise, and he thanked her."
    assert alike(found, suggested(found, "religion")) == {}


def test_what_a_model_says_of_either_person_has_a_form_for_both() -> None:
    found = find(["Write about Maria and her work."])
    exchanged = exchange(found, suggested(found))
    for said in ("Maria loves her work.", "Carlos loves his work."):
        first, second = both_forms(said, exchanged)
        assert (first.text, second.text) == ("Maria loves her work.", "Carlos loves his work.")
        apart = [
            [form.text[a:b] for a, b in sorted(kept_apart(form, beside))]
            for form, beside in ((first, second), (second, first))
        ]
        assert apart == [["Maria", "her"], ["Carlos", "his"]]


def test_the_words_for_a_person_are_not_measured() -> None:
    """VADER's lexicon has blind at -1.7 and heroine at 2.7."""
    assert sentiment_of("The blind teacher spoke.") < 0
    assert without_person("The blind teacher spoke to a heroine.", ["disability"]) == (
        "The person teacher spoke to a heroine."
    )
    assert sentiment_of(without_person("The blind teacher spoke to a heroine.", ["disability", "gender"])) == 0
