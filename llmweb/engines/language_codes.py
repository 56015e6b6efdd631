"""Which of a model's own language codes ("por_Latn", "pt_XX") a language ("pt") means, by CLDR's language matching."""

import re
from collections.abc import Collection
from typing import TYPE_CHECKING

import langcodes

from llmweb.errors import UnsupportedPair

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

CODE = re.compile(r"[a-z]{2,3}_[A-Z][A-Za-z]{1,3}")
# Distance 10 is the first at which CLDR takes another language or script for the one asked for.
NEAR = 9


def codes_of(tokenizer: "PreTrainedTokenizerBase") -> tuple[str, ...]:
    """The language codes a multilingual tokenizer takes (NLLB, M2M100, mBART); () for any other."""
    if not hasattr(tokenizer, "src_lang"):
        return ()
    listed = getattr(tokenizer, "lang_code_to_id", None) or tokenizer.all_special_tokens
    return tuple(code for code in listed if CODE.fullmatch(code) or hasattr(tokenizer, "lang_code_to_id"))


def closest(language: str, codes: Collection[str]) -> str:
    """Raises UnsupportedPair, naming the codes there are."""
    if language in codes:
        return language
    if langcodes.tag_is_valid(language):
        tags = {code.replace("_XX", "").replace("_", "-"): code for code in codes}
        match, distance = langcodes.closest_match(language, list(tags), max_distance=NEAR)
        if distance <= NEAR:
            return tags[match]
        three = langcodes.Language.get(language).to_alpha3()
        for code in codes:
            if code.startswith(f"{three}_"):
                return code
    raise UnsupportedPair(f"This model has no language {language!r}. It has: {', '.join(sorted(codes))}.")
