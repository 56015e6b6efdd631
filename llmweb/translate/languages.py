"""Languages: their names, and which one a text is written in."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from llmweb.errors import BadInput
from llmweb.translate.protected import pieces

if TYPE_CHECKING:
    from lingua import LanguageDetector

NAMES = {
    "af": "Afrikaans",
    "am": "Amharic",
    "ar": "Arabic",
    "as": "Assamese",
    "az": "Azerbaijani",
    "ba": "Bashkir",
    "be": "Belarusian",
    "bg": "Bulgarian",
    "bm": "Bambara",
    "bn": "Bengali",
    "bo": "Tibetan",
    "bs": "Bosnian",
    "ca": "Catalan",
    "cs": "Czech",
    "cy": "Welsh",
    "da": "Danish",
    "de": "German",
    "dz": "Dzongkha",
    "ee": "Ewe",
    "el": "Greek",
    "en": "English",
    "eo": "Esperanto",
    "es": "Spanish",
    "et": "Estonian",
    "eu": "Basque",
    "fa": "Persian",
    "fi": "Finnish",
    "fj": "Fijian",
    "fo": "Faroese",
    "fr": "French",
    "ga": "Irish",
    "gd": "Scottish Gaelic",
    "gl": "Galician",
    "gn": "Guarani",
    "gu": "Gujarati",
    "ha": "Hausa",
    "he": "Hebrew",
    "hi": "Hindi",
    "hr": "Croatian",
    "ht": "Haitian Creole",
    "hu": "Hungarian",
    "hy": "Armenian",
    "id": "Indonesian",
    "ig": "Igbo",
    "is": "Icelandic",
    "it": "Italian",
    "ja": "Japanese",
    "jv": "Javanese",
    "ka": "Georgian",
    "kg": "Kongo",
    "ki": "Kikuyu",
    "kk": "Kazakh",
    "km": "Khmer",
    "kn": "Kannada",
    "ko": "Korean",
    "ky": "Kyrgyz",
    "lb": "Luxembourgish",
    "lg": "Ganda",
    "li": "Limburgish",
    "ln": "Lingala",
    "lo": "Lao",
    "lt": "Lithuanian",
    "lv": "Latvian",
    "mg": "Malagasy",
    "mi": "Maori",
    "mk": "Macedonian",
    "ml": "Malayalam",
    "mn": "Mongolian",
    "mr": "Marathi",
    "ms": "Malay",
    "mt": "Maltese",
    "my": "Burmese",
    "nb": "Norwegian Bokmål",
    "ne": "Nepali",
    "nl": "Dutch",
    "nn": "Norwegian Nynorsk",
    "ny": "Chichewa",
    "oc": "Occitan",
    "or": "Odia",
    "pa": "Punjabi",
    "pl": "Polish",
    "ps": "Pashto",
    "pt": "Portuguese",
    "qu": "Quechua",
    "rn": "Rundi",
    "ro": "Romanian",
    "ru": "Russian",
    "rw": "Kinyarwanda",
    "sa": "Sanskrit",
    "sc": "Sardinian",
    "sd": "Sindhi",
    "sg": "Sango",
    "si": "Sinhala",
    "sk": "Slovak",
    "sl": "Slovenian",
    "sm": "Samoan",
    "sn": "Shona",
    "so": "Somali",
    "sq": "Albanian",
    "sr": "Serbian",
    "ss": "Swati",
    "st": "Southern Sotho",
    "su": "Sundanese",
    "sv": "Swedish",
    "sw": "Swahili",
    "ta": "Tamil",
    "te": "Telugu",
    "tg": "Tajik",
    "th": "Thai",
    "ti": "Tigrinya",
    "tk": "Turkmen",
    "tl": "Tagalog",
    "tn": "Tswana",
    "tr": "Turkish",
    "ts": "Tsonga",
    "tt": "Tatar",
    "tw": "Twi",
    "ug": "Uyghur",
    "uk": "Ukrainian",
    "ur": "Urdu",
    "uz": "Uzbek",
    "vi": "Vietnamese",
    "wo": "Wolof",
    "xh": "Xhosa",
    "yi": "Yiddish",
    "yo": "Yoruba",
    "zh": "Chinese",
    "zu": "Zulu",
}
OTHER_SCRIPTS = frozenset((
    "am", "ar", "as", "ba", "be", "bg", "bn", "bo", "dz", "el", "fa", "gu", "he", "hi", "hy", "ja", "ka", "kk",
    "km", "kn", "ko", "ky", "lo", "mk", "ml", "mn", "mr", "my", "ne", "or", "pa", "ps", "ru", "sa", "sd", "si",
    "sr", "ta", "te", "tg", "th", "ti", "tt", "ug", "uk", "ur", "yi", "zh",
))  # fmt: skip
"""Written in other letters than Latin ones."""

# Tried on every text, besides the likely ones. Fewer means surer on short texts: of 24 English and Portuguese greetings
# and single words 24 were told right among these, 19 among 28.
TRIED = ("ar", "de", "en", "es", "fr", "he", "hi", "it", "ja", "ko", "nl", "pt", "ru", "zh")
LIKELY_WEIGHT = 5.0
DETECTED_CHARACTERS = 2000


@dataclass(frozen=True, slots=True)
class Detection:
    """A language a text may be in, and how probable that is among those tried, 0–1."""

    language: str
    confidence: float


def name(code: str) -> str:
    """Its English name; the code itself where we know none."""
    return NAMES.get(code, code)


def code(language: str) -> str:
    """ "pt" of "pt", "PT", "pt-BR", "pt_BR" or "Portuguese". Raises BadInput."""
    wanted = language.strip().lower()
    by_name = {value.lower(): key for key, value in NAMES.items()}
    short = by_name.get(wanted) or re.split(r"[-_]", wanted)[0]
    if not re.fullmatch(r"[a-z]{2,3}", short):
        known = ", ".join(f"{key} ({NAMES[key]})" for key in TRIED)
        raise BadInput(f"No language {language!r}. Give its code, such as: {known}.")
    return short


def detect(text: str, likely: Collection[str] = (), others: Collection[str] = ()) -> tuple[Detection, ...]:
    """Languages the text may be in, most probable first; () where it has no words. Links and code do not count.

    likely languages weigh LIKELY_WEIGHT times the others: "Olá" alone is more often Portuguese than Czech for someone
    whose models read Portuguese. On more than a few words that changes nothing. others are tried besides TRIED.
    """
    words = _words(text)
    if not words:
        return ()
    tried = tuple(sorted({*TRIED, *likely, *others}))
    values = {
        value.language.iso_code_639_1.name.lower(): value.value
        for value in _detector(tried).compute_language_confidence_values(words)
    }
    weighed = {key: value * (LIKELY_WEIGHT if key in likely else 1.0) for key, value in values.items()}
    total = sum(weighed.values())
    found = [Detection(key, value / total) for key, value in weighed.items() if value > 0]
    return tuple(sorted(found, key=lambda detection: -detection.confidence))


def _words(text: str) -> str:
    text = text[:DETECTED_CHARACTERS]
    for piece in reversed(pieces(text)):
        if piece.kind not in {"open", "close", "dash"}:
            text = f"{text[: piece.start]} {text[piece.end :]}"
    return re.sub(r"[\W\d_]+", " ", text).strip()


@cache
def _detector(codes: tuple[str, ...]) -> "LanguageDetector":
    """Trigrams only: 30 MB and under a millisecond a text. All n-grams of 28 languages took 490 MB and told the same
    22 of 24 short English and Portuguese texts right."""
    from lingua import IsoCode639_1, LanguageDetectorBuilder

    known = [getattr(IsoCode639_1, code.upper()) for code in codes if hasattr(IsoCode639_1, code.upper())]
    builder = LanguageDetectorBuilder.from_iso_codes_639_1(*known)
    return builder.with_low_accuracy_mode().build()
