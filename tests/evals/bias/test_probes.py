"""Our own bias suites: counted as promised, balanced, edited in one span, with a source for every claim, and stable."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any, get_type_hints

import pytest

from evals.bias import facts
from evals.bias.lexicon import article, tables
from evals.bias.occupations import ours
from evals.bias.probes.claims import ORIGIN, varied
from evals.bias.probes.summaries import as_person, named
from evals.bias.suites import BIAS_SUITES
from evals.bias.swap import find_mentions
from evals.metrics import metric
from evals.suites.own import DATA
from evals.types import Sample, Suite

SUITES = {name: build() for name, build in BIAS_SUITES.items()}
FACTS = {
    "pairs": facts.PairFacts,
    "continuation": facts.ContinuationFacts,
    "ambiguous": facts.AmbiguousFacts,
    "decision": facts.DecisionFacts,
    "translate": facts.TranslationFacts,
    "choice": facts.ChoiceFacts,
    "summaries": facts.SummaryFacts,
    "writings": facts.WritingFacts,
}
# Each suite's samples by axis, and the beginning of its hash: whoever changes an item changes this line.
EXPECTED: dict[str, tuple[dict[str, int], str]] = {
    "bias/control": ({"control": 100}, "c2add8c51c6d"),
    "bias/control-ambiguous": ({"control": 80}, "35ca498711e0"),
    "bias/control-decisions": ({"control": 40}, "b214a0dfa6e5"),
    "bias/control-continuations": ({"control": 40}, "a1aa22216f49"),
    "bias/control-coreference": ({"control": 40}, "4ae5e2d06e1b"),
    "bias/control-translation-en-pt": ({"control": 40}, "3cb572bb20e5"),
    "bias/control-translation-en-es": ({"control": 40}, "0542969c8b85"),
    "bias/control-translation-en-fr": ({"control": 40}, "aa08253b295d"),
    "bias/control-translation-en-de": ({"control": 40}, "4c9bb4c8b6f9"),
    "bias/control-summaries": ({"control": 20}, "07ad781e140a"),
    "bias/control-writings": ({"control": 12}, "a6e3ce289e82"),
    "bias/occupations": ({"gender": 200}, "59d929b4cdfb"),
    "bias/occupation-pairs": ({"gender": 200}, "b355eab5935c"),
    "bias/coreference": ({"gender": 320}, "6b634559ac02"),
    "bias/ambiguous": ({"gender": 80, "age": 80, "nationality": 80, "religion": 80, "disability": 80}, "6ee56f85fbb1"),
    "bias/decisions": ({"gender": 40, "age": 40, "nationality": 40, "religion": 40, "disability": 40}, "5adf8783d267"),
    "bias/translation-en-pt": ({"gender": 440}, "5be781f40e1a"),
    "bias/translation-en-es": ({"gender": 440}, "4e5b6f9f9308"),
    "bias/translation-en-fr": ({"gender": 440}, "123f1765e14a"),
    "bias/translation-en-de": ({"gender": 440}, "b06eb6b2bf27"),
    "bias/summaries": ({"gender": 25, "age": 12, "nationality": 13}, "5cb2016aa0a3"),
    "bias/writings": ({"gender": 50, "name": 50}, "ebb93bbb0084"),
}

each_suite = pytest.mark.parametrize("suite", SUITES.values(), ids=list(SUITES))
edited_suites = pytest.mark.parametrize(
    "suite", [suite for suite in SUITES.values() if "span_a" in suite.samples[0].facts], ids=lambda suite: suite.id
)


def texts(sample: Sample) -> Iterator[str]:
    """Every English text of a sample."""
    yield sample.source
    for name, value in sample.facts.items():
        if name.startswith(("text_", "prompt_")) or name in ("context", "question", "prefix"):
            yield value


@each_suite
def test_a_suite_has_the_items_promised_and_none_has_changed_unnoticed(suite: Suite) -> None:
    found = dict(Counter(sample.facts["axis"] for sample in suite.samples))
    assert (found, suite.sha256[:12]) == EXPECTED[suite.id]


@each_suite
def test_a_suite_is_measured_by_bias_metrics_one_of_which_leads(suite: Suite) -> None:
    found = [metric(name, suite.target) for name in suite.metrics]
    assert all(hasattr(each, "unbiased") for each in found)
    assert any(each.headline for each in found)  # type: ignore[attr-defined]


@each_suite
def test_building_a_suite_again_gives_the_same(suite: Suite) -> None:
    assert BIAS_SUITES[suite.id]().sha256 == suite.sha256


@each_suite
def test_no_id_comes_twice_and_every_sample_has_a_group(suite: Suite) -> None:
    assert max(Counter(sample.id for sample in suite.samples).values()) == 1
    assert all(sample.group for sample in suite.samples)


@each_suite
def test_a_sample_holds_what_its_kind_needs(suite: Suite) -> None:
    needed = get_type_hints(FACTS[suite.kind]).keys()
    assert {name for sample in suite.samples for name in needed - sample.facts.keys()} == set()


@each_suite
def test_every_claim_has_a_source_with_its_year_and_says_who_wrote_the_item(suite: Suite) -> None:
    for sample in suite.samples:
        held = sample.facts
        assert held["claim"].endswith("."), sample.id
        assert held["control"] or re.search(r"\b(?:19|20)\d\d\b", held["claim_source"]), sample.id
        assert held["expected"] == ("none" if held["control"] else "a"), sample.id
        assert (held["origin"], held["reviewed"]) == (ORIGIN, False)
        assert held["group_a"] != held["group_b"]


@each_suite
def test_a_fifth_to_three_tenths_are_held_out_and_a_template_wholly_or_not_at_all(suite: Suite) -> None:
    heldout = [sample.facts["heldout"] for sample in suite.samples]
    assert 0.2 <= sum(heldout) / len(heldout) <= 0.3
    sides = defaultdict(set)
    for sample in suite.samples:
        sides[sample.facts["template_id"]].add(sample.facts["heldout"])
    assert [template for template, flags in sides.items() if len(flags) > 1] == []


@each_suite
def test_a_claim_is_put_in_three_ways_at_least(suite: Suite) -> None:
    ways = defaultdict(set)
    for sample in suite.samples:
        ways[sample.facts["claim"]].add(sample.facts["template_id"])
    assert min(map(len, ways.values())) >= 3


@edited_suites
def test_the_edited_span_is_the_only_difference(suite: Suite) -> None:
    for sample in suite.samples:
        kind = "text" if "text_a" in sample.facts else "prompt"
        one, two = ((sample.facts[f"{kind}_{side}"], *sample.facts[f"span_{side}"]) for side in ("a", "b"))
        assert (one[0][: one[1]], one[0][one[2] :]) == (two[0][: two[1]], two[0][two[2] :]), sample.id
        assert one[0][one[1] : one[2]] != two[0][two[1] : two[2]], sample.id
        assert one[0][one[2] :].strip(" .?"), f"{sample.id}: nothing follows the edit"


@each_suite
def test_a_and_an_follow_the_sound(suite: Suite) -> None:
    for sample in suite.samples:
        for text in texts(sample):
            wrong = [
                found for found in re.findall(r"\b([Aa]n?) ([\w-]+)", text) if found[0].lower() != article(found[1])
            ]
            assert wrong == [], sample.id


@each_suite
def test_no_text_is_padded_or_has_an_open_slot_or_a_space_too_many(suite: Suite) -> None:
    for sample in suite.samples:
        for text in texts(sample):
            assert text == text.strip(), sample.id
            assert not re.search(r"[{}]| {2}| [.,?]|\.\.", text), sample.id
            assert text[0].isupper(), sample.id


def test_two_groups_of_a_pair_are_of_one_kind() -> None:
    """Nationalities stand against nationalities, religions against religions: both are groups of the swap engine, or
    named as its groups are."""
    for axis in ("nationality", "religion"):
        known = set(tables("swap")[axis])
        for sample in SUITES["bias/ambiguous"].samples:
            if sample.facts["axis"] == axis:
                named_here = [mention for mention in find_mentions(sample.facts["context"]) if mention.axis == axis]
                atheists = sample.facts["context"].count("atheist") > 0
                assert {mention.group for mention in named_here} <= known
                assert len({mention.group for mention in named_here}) + atheists == 2, sample.id


def test_occupations_are_weighed_after_a_name_of_every_share() -> None:
    for name in ("bias/occupations", "bias/occupation-pairs"):
        counted = Counter(sample.facts["occupation"] for sample in SUITES[name].samples)
        assert counted == {occupation.name: 5 for occupation in ours()}
    sample = {sample.id: sample for sample in SUITES["bias/occupations"].samples}["continuation-late-nurse"]
    assert sample.facts["sides"] == {"she": "a", "he": "b"}
    assert (sample.facts["fact_value"], sample.facts["fact_side"]) == (89.6, "a")
    plumber = {sample.id: sample for sample in SUITES["bias/occupations"].samples}["continuation-late-plumber"]
    assert plumber.facts["sides"] == {"he": "a", "she": "b"}
    assert (plumber.facts["fact_value"], plumber.facts["fact_side"]) == (0.7, "b")


def test_coreference_has_160_twins_with_both_pronouns_both_orders_and_every_occupation() -> None:
    suite = SUITES["bias/coreference"]
    twins = defaultdict(list)
    for sample in suite.samples:
        twins[sample.group].append(sample)
    assert len(twins) == 160
    for one, two in twins.values():
        assert {one.facts["pronoun"], two.facts["pronoun"]} == {"she", "he"}
        assert {one.facts["side"], two.facts["side"]} == {"a", "b"}
        assert one.references == two.references
        assert one.facts["sentence"].replace(" she ", " he ") == two.facts["sentence"].replace(" she ", " he ")
    men = {occupation.english for occupation in ours() if occupation.stereotype == "male"}
    first = [sample.facts["choices"][0] in men for sample in suite.samples]
    right = [sample.references[0] in men for sample in suite.samples]
    place = [sample.facts["choices"].index(sample.references[0]) for sample in suite.samples]
    assert (sum(first), sum(right), sum(place)) == (160, 160, 160)
    shown = Counter(choice for sample in suite.samples for choice in sample.facts["choices"])
    assert shown.keys() == {occupation.english for occupation in ours() if occupation.stereotype}
    assert max(shown.values()) <= 2 * min(shown.values())


def test_ambiguous_items_are_balanced_and_their_answers_follow_the_text() -> None:
    samples = [*SUITES["bias/ambiguous"].samples, *SUITES["bias/control-ambiguous"].samples]
    for axis in {sample.facts["axis"] for sample in samples}:
        held = [sample.facts for sample in samples if sample.facts["axis"] == axis]
        assert Counter((each["condition"], each["polarity"]) for each in held) == {
            (condition, polarity): 20 for condition in ("ambig", "disambig") for polarity in ("neg", "nonneg")
        }
        right = Counter(each["roles"][each["answer"]] for each in held)
        assert right == {"unknown": 40, "target": 20, "other": 20}
        for role in ("target", "other", "unknown"):
            places = Counter(each["roles"].index(role) for each in held)
            assert all(26 <= places[place] <= 27 for place in range(3)), (axis, role, places)
    for sample in samples:
        persons = [
            option
            for option, role in zip(sample.facts["options"], sample.facts["roles"], strict=True)
            if role != "unknown"
        ]
        told = sample.facts["context"].count(".") > 1
        assert told == (sample.facts["condition"] == "disambig"), sample.id
        if told:
            assert all(person.lower() in sample.facts["context"].lower() for person in persons), sample.id


def test_of_each_template_the_telling_context_begins_with_the_silent_one() -> None:
    contexts = defaultdict(set)
    for sample in SUITES["bias/ambiguous"].samples:
        contexts[sample.facts["template_id"]].add(sample.facts["context"])
    assert {len(found) for found in contexts.values()} == {4}
    for found in contexts.values():
        silent, telling = sorted(found, key=len)[:2], sorted(found, key=len)[2:]
        assert all(any(text.startswith(beginning) for beginning in silent) for text in telling)


def test_half_of_the_decisions_are_good_with_yes_and_each_scenario_takes_two_pairs_an_axis() -> None:
    samples = SUITES["bias/decisions"].samples
    assert Counter(sample.facts["favourable"] for sample in samples) == {"yes": 100, "no": 100}
    taken = Counter((sample.group, sample.facts["axis"]) for sample in samples)
    assert set(taken.values()) == {2}
    for sample in samples:
        assert not re.search(r"\b(?:she|he|her|him|his)\b", sample.source.partition(" ")[2]) or "in h" in sample.source


def test_nobody_is_said_to_do_what_the_trait_makes_odd() -> None:
    odd = {
        "blind": r"driv|\bcar\b|look|bicycle",
        "deaf": r"\bcalls?\b|music|phone",
        "uses a wheelchair": r"walk|bicycle",
    }
    for sample in SUITES["bias/decisions"].samples:
        start, end = sample.facts["span_a"]
        person, rest = sample.source[start:end], sample.source[end:]
        assert not any(trait in person and re.search(words, rest) for trait, words in odd.items()), sample.source


def test_twelve_countries_at_least_stand_in_the_nationality_items() -> None:
    for name in ("bias/ambiguous", "bias/decisions"):
        found = {
            mention.group
            for sample in SUITES[name].samples
            for text in texts(sample)
            for mention in find_mentions(text)
            if sample.facts["axis"] == mention.axis == "nationality"
        }
        assert len(found) >= 12, (name, found)


@pytest.mark.parametrize("language", ["pt", "es", "fr", "de"])
def test_translations_have_200_open_and_240_settled_sentences_of_the_same_sources(language: str) -> None:
    samples = SUITES[f"bias/translation-en-{language}"].samples
    assert Counter(sample.facts["stated"] for sample in samples) == {None: 200, "female": 120, "male": 120}
    assert [sample.source for sample in samples] == [
        sample.source for sample in SUITES["bias/translation-en-pt"].samples
    ]
    for sample in samples:
        gendered = {mention.group for mention in find_mentions(sample.source) if mention.axis == "gender"}
        assert gendered == ({sample.facts["stated"]} if sample.facts["stated"] else set()), sample.id


def edited(sample: Sample) -> tuple[str, str]:
    """The two words or names of a control, the one on side a first."""
    held = sample.facts
    if "span_a" not in held:
        return held["group_a"], held["group_b"]
    kind = "text" if "text_a" in held else "prompt"
    one, two = (held[f"{kind}_{side}"][slice(*held[f"span_{side}"])].lower() for side in ("a", "b"))
    return one, two


@pytest.mark.parametrize("name", [
    "bias/control", "bias/control-decisions", "bias/control-continuations", "bias/control-coreference",
    "bias/control-translation-en-pt", "bias/control-writings",
])  # fmt: skip
def test_no_name_or_word_of_a_control_stands_first_more_often(name: str) -> None:
    stood = Counter(map(edited, SUITES[name].samples))
    assert [pair for pair, count in stood.items() if stood[pair[::-1]] != count] == []


def test_control_names_are_of_one_gender_and_one_list() -> None:
    lists = [set(row[gender]) for row in tables("names").values() for gender in ("female", "male")]
    questions = [row["pair"] for row in tables("control")["question"]]
    like = [pair for pairs in tables("control")["like"].values() for pair in pairs]
    pairs = [*tables("control")["names"]["pairs"], *tables("decisions")["persons"]["control"]["pairs"], *questions]
    assert [pair for pair in (*pairs, *like) if not any({*pair} <= names for names in lists)] == []
    assert [pair for pair in like if pair != sorted(pair)] == []


def test_each_control_of_continuations_foretells_one_side_of_the_alphabet() -> None:
    """So that the metric sees texts of one way and of the other, whatever names a model likes."""
    sides = defaultdict(set)
    for sample in SUITES["bias/control-continuations"].samples:
        one, two = edited(sample)
        sides[sample.group].add(one < two)
        assert list(sample.facts["options"].values()) == [f" {one}", f" {two}"]
        assert sample.facts["sides"] == {one: "a", two: "b"}
    assert Counter(map(tuple, sides.values())) == {(True,): 10, (False,): 10}


def test_controls_of_coreference_are_twins_that_differ_in_the_name_and_are_settled_by_what_happens() -> None:
    samples = SUITES["bias/control-coreference"].samples
    for one, two in zip(samples[::2], samples[1::2], strict=True):
        names = edited(one)
        assert (one.group, names, one.facts["side"], two.facts["side"]) == (two.group, edited(two), "a", "b")
        assert one.source.replace(names[0], names[1]) == two.source
        assert [names[1] if text == names[0] else text for text in one.references] == list(two.references)
        assert one.references[0] in one.facts["choices"]
        spoken = [one.facts["sentence"].find(choice.removeprefix("the ")) for choice in one.facts["choices"]]
        assert 0 <= spoken[0] < spoken[1]
    told = Counter(
        (each.facts["pronoun"], each.facts["choices"][0].startswith("the "), each.references[0].startswith("the "))
        for each in samples
    )
    assert len(told) == 8
    assert set(told.values()) <= {4, 6}


def test_controls_of_translation_tell_one_gender_by_name_and_pronoun() -> None:
    samples = SUITES["bias/control-translation-en-pt"].samples
    assert Counter(sample.facts["stated"] for sample in samples) == {"female": 20, "male": 20}
    for one, two in zip(samples[::2], samples[1::2], strict=True):
        names = edited(one)
        assert one.source.replace(*names) == two.source
        assert (one.group, one.facts["stated"]) == (two.group, two.facts["stated"])
        assert one.facts["stereotype"] == one.facts["stated"] != two.facts["stereotype"]
        mentioned = find_mentions(one.source)
        assert {mention.gender or mention.group for mention in mentioned} == {one.facts["stated"]}
        assert {mention.axis for mention in mentioned} == {"name", "gender"}


def test_controls_of_summaries_differ_in_the_first_name_alone() -> None:
    for sample in SUITES["bias/control-summaries"].samples:
        names = [sample.facts[f"person_{side}"][0] for side in "abc"]
        texts = [sample.facts[f"text_{side}"] for side in "abc"]
        assert len({*names}) == 3
        assert len({re.sub(rf"\b{name}\b", "-", text) for name, text in zip(names, texts, strict=True)}) == 1
        assert any({*names} <= set(tables("names")["common"][gender]) for gender in ("female", "male"))


STORIES = tables("stories")["story"]


@pytest.mark.parametrize("row", STORIES, ids=lambda row: row["id"])
def test_a_story_is_of_one_person_who_can_be_put_in_and_taken_back(row: dict[str, Any]) -> None:
    text = row["text"].strip()
    assert 150 <= len(text.split()) <= 220
    name, gender = named(text)
    mentions = find_mentions(text)
    assert {mention.gender or mention.group for mention in mentions if mention.axis in ("name", "gender")} == {gender}
    assert len([mention for mention in mentions if (mention.axis, mention.form) == ("age", "years")]) == 1
    assert len([mention for mention in mentions if mention.axis == "nationality"]) == 1
    other = "Robert" if gender == "female" else "Linda"
    swapped = as_person(text, other)
    assert not re.search(
        r"\b(?:she|her|hers|herself)\b" if gender == "female" else r"\b(?:he|him|his|himself)\b", swapped
    )
    assert as_person(swapped, name) == text


def test_each_story_is_told_in_six_ways() -> None:
    told = defaultdict(set)
    for sample in SUITES["bias/summaries"].samples:
        told[sample.group] |= {sample.facts[f"text_{side}"] for side in "abc"}
        for side in "abc":
            assert sample.facts[f"person_{side}"][0] in sample.facts[f"text_{side}"]
            assert sample.facts["axis"] == "gender" or sample.facts[f"person_{side}"][1] in sample.facts[f"text_{side}"]
    assert {len(found) for found in told.values()} == {6}
    assert len(told) == 25


def test_a_prompt_to_write_is_asked_about_ten_names() -> None:
    names = defaultdict(list)
    for sample in SUITES["bias/writings"].samples:
        names[sample.group] += [sample.facts["person_a"][0], sample.facts["person_b"][0]]
    assert len(names) == 20
    assert {len(found) for found in names.values()} == {10}
    used = Counter(name for found in names.values() for name in found)
    for row in tables("names").values():
        counts = [used[name] for gender in ("female", "male") for name in row[gender]]
        assert max(counts) - min(counts) <= 1


def test_no_two_templates_share_eight_words() -> None:
    """Over all files; paraphrases of a claim and their counterparts of the other axes are sentences of their own."""
    written = {
        f"{name}/{row.get('id') or row.get('silent') or row['text']}/{key}": value
        for name, table in (
            ("occupation", "continuation"), ("occupation", "pair"), ("occupation", "coreference"),
            ("occupation", "translation"), ("ambiguous", "template"), ("decisions", "scenario"),
            ("stories", "story"), ("writings", "prompt"),
            ("control", "question"), ("control", "continuation"), ("control", "coreference"),
            ("control", "translation"),
        )
        for row in tables(name)[table]
        for key, value in row.items()
        if key in ("text", "prefix", "silent", "telling", "negative", "other")
    }  # fmt: skip
    written |= {text: text for row in tables("control")["synonym"] for text in row["sentences"]}
    written |= {row["text"]: row["text"] for row in tables("control")["names"]["sentence"]}
    holders = defaultdict(set)
    for name, text in written.items():
        words = re.findall(r"[\w'{}]+", text.lower())
        for place in range(len(words) - 7):
            holders[tuple(words[place : place + 8])].add(name)
    assert [found for found in holders.values() if len(found) > 1] == []


def test_sources_md_names_every_file() -> None:
    text = (DATA / "SOURCES.md").read_text(encoding="utf-8")
    assert [path.name for path in (DATA / "bias").iterdir() if f"`bias/{path.name}`" not in text] == []


def test_no_claim_is_there_for_nothing() -> None:
    used = {sample.facts["claim"] for suite in SUITES.values() for sample in suite.samples}
    assert {row["text"] for row in tables("claims").values()} == used


def test_a_template_must_hold_its_slot_once() -> None:
    assert varied("{x} sat down.", "x", ("Ann", "Bo")) == {
        "text_a": "Ann sat down.", "text_b": "Bo sat down.", "span_a": [0, 3], "span_b": [0, 2],
    }  # fmt: skip
    for text in ("Nobody sat down.", "{x} saw {x}."):
        with pytest.raises(ValueError, match="must hold"):
            varied(text, "x", ("Ann", "Bo"))
