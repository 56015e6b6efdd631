"""Texts for the translation tests: varied documents of our own, each with the list of what must survive in it."""

import random
import re
from collections import Counter
from dataclasses import dataclass, field

LINKS = (
    "https://example.com/guide?page={n}&lang=en#top",
    "http://docs.example.org/v{n}/index.html",
    "www.example.net/shop/{n}",
    "https://pt.example.org/Caf%C3%A9_(bebida)",
)
EMAILS = ("maria.silva+{n}@example.org", "support@example.com", "joao_{n}@mail.example.net")
CODES = ("`pip install demo=={n}.2.1`", '`config["key"]`', "`git checkout -b fix-{n}`", "`x = {n} * y`")
HOLDERS = ("{name}", "%s", "{{ user.id }}", "${HOME}", "%(count)d", "{0}")
EMOJI = ("😀", "🎉🎉", "👩‍💻", "❤️", "🇧🇷", "👍🏽")
NUMBERS = {
    "en": ("{n}", "1,2{m}.50", "{n}.5%", "$3{n}", "20{m}-05-12", "10:{m}", "{n}/{m}",
           "0.00{m}", "{m},000,000", "192.168.0.{n}"),
    "pt": ("{n}", "1.2{m},50", "{n},5%", "R$ 3{n}", "12/05/20{m}", "10:{m}", "{n}/{m}",
           "0,00{m}", "{m}.000.000", "192.168.0.{n}"),
}  # fmt: skip
FRAMES = {
    "en": (
        "Please read {} before the meeting.",
        "You can find more about the old harbour at {}.",
        "If {} does not work, ask your teacher for help.",
        "The result was {}, which surprised everyone in the room.",
        "Write to {} or wait for {} until Friday.",
        "Our neighbours showed us {} yesterday evening.",
        "Nobody in the village had heard of {} before.",
        "The new version replaces {} with {} in every letter.",
        "She copied {} into the report and closed the door.",
        "Is {} really better than {}?",
        "Hello {}, your parcel with {} arrives on Monday!",
        "First open {}; then change {} and save the page.",
        "The sign said {}, but the shop was closed.",
        "They paid for {} (see {}) and went home.",
        "Remember: {} comes before {}.",
        "A friend of mine uses {} every day at work.",
    ),
    "pt": (
        "Por favor, leia {} antes da reunião.",
        "Você encontra mais sobre o porto antigo em {}.",
        "Se {} não funcionar, peça ajuda ao professor.",
        "O resultado foi {}, o que surpreendeu todos na sala.",
        "Escreva para {} ou espere por {} até sexta-feira.",
        "Nossos vizinhos nos mostraram {} ontem à noite.",
        "Ninguém na aldeia tinha ouvido falar de {} antes.",
        "A nova versão troca {} por {} em cada carta.",
        "Ela copiou {} para o relatório e fechou a porta.",
        "Será que {} é mesmo melhor do que {}?",
        "Olá {}, seu pacote com {} chega na segunda-feira!",
        "Primeiro abra {}; depois mude {} e salve a página.",
        "A placa dizia {}, mas a loja estava fechada.",
        "Eles pagaram por {} (veja {}) e foram para casa.",
        "Lembre-se: {} vem antes de {}.",
        "Um amigo meu usa {} todos os dias no trabalho.",
    ),
}
WORDS = {
    "en": ("the red house", "a long letter", "our garden", "the last bus"),
    "pt": ("a casa vermelha", "uma carta longa", "o nosso jardim", "o último ônibus"),
}
PLAIN = {
    "en": ("The water in the lake is cold.", "We walked home in the rain.", "The children are asleep."),
    "pt": ("A água do lago está fria.", "Voltamos para casa na chuva.", "As crianças estão dormindo."),
}
MARKERS = ("- ", "* ", "+ ", "1. ", "2) ", "  - ", "    * ", "- [ ] ", "> ", "## ", "> - ", "\t- ", "• ")


@dataclass
class Text:
    """text, the strings that must be in its translation to the character, and the numbers, digits of which must."""

    text: str = ""
    verbatim: list[str] = field(default_factory=list)
    numbers: list[str] = field(default_factory=list)


def texts(language: str, count: int, seed: int = 0) -> list[Text]:
    """count documents in a language, all different."""
    chance = random.Random(f"{language} {seed}")
    return [_text(language, chance) for _ in range(count)]


def losses(text: Text, translated: str) -> list[str]:
    """What of a text is missing in its translation: verbatim strings, numbers, lines, list markers, white space."""
    missing = [part for part in set(text.verbatim) if translated.count(part) < text.text.count(part)]
    numbers = Counter(digits for number in text.numbers for digits in _digits(number))
    missing += (numbers - Counter(_digits(translated))).elements()
    before, after = text.text.splitlines(keepends=True), translated.splitlines(keepends=True)
    if len(before) != len(after):
        missing.append(f"{len(before)} lines became {len(after)}")
    missing += [old for old, new in zip(before, after, strict=False) if _frame_of(old) != _frame_of(new)]
    return missing


def _digits(text: str) -> list[str]:
    return [re.sub(r"\D", "", number) for number in re.findall(r"\d+(?:[.,]\d+)*", text)]


def _frame_of(line: str) -> tuple[str, int, str]:
    """List markers and indentation, table bars, and white space at the end."""
    marker = re.match(r"\s*(?:(?:[>+#•-]+|\*(?=\s)|\[ \]|\d[.)])\s+)*", line)
    return marker.group() if marker else "", line.count("|"), line[len(line.rstrip()) :]


def _text(language: str, chance: random.Random) -> Text:
    made = Text()
    lines: list[str] = []
    for _ in range(chance.randint(2, 6)):
        lines += _lines(language, chance, made)
    made.text = chance.choice(("\n", "\n", "\r\n")).join(lines) + chance.choice(("", "\n", "\n\n", "  \n"))
    return made


def _lines(language: str, chance: random.Random, made: Text) -> list[str]:
    kind = chance.randrange(8)
    if kind == 0:
        return ["", ""]
    if kind == 1:
        block = ["```", f"total = {chance.randrange(99)}  # do not touch", "", "print(total)", "```"]
        made.verbatim.append("print(total)")
        return block
    if kind == 2:
        row = [_frame(language, chance, made).rstrip(".") for _ in range(2)]
        return [f"| {' | '.join(chance.sample(WORDS[language], 2))} |", "|---|:-:|", f"| {' | '.join(row)} |"]
    if kind in (3, 4):
        return [f"{chance.choice(MARKERS)}{_frame(language, chance, made)}" for _ in range(chance.randint(1, 4))]
    if kind == 5:
        return [f"{chance.choice(PLAIN[language])} {_frame(language, chance, made)} {chance.choice(PLAIN[language])}"]
    return [f"{_frame(language, chance, made)} {_frame(language, chance, made)}"]


def _frame(language: str, chance: random.Random, made: Text) -> str:
    frame = chance.choice(FRAMES[language])
    return frame.format(*(_item(language, chance, made) for _ in range(frame.count("{}"))))


def _item(language: str, chance: random.Random, made: Text) -> str:
    kind = chance.randrange(10)
    filled = {"{n}": str(chance.randint(3, 199)), "{m}": str(chance.randint(10, 49))}

    def pick(choices: tuple[str, ...]) -> str:
        text = chance.choice(choices)
        for slot, number in filled.items():
            text = text.replace(slot, number)
        return text

    if kind < 3:
        made.numbers.append(pick(NUMBERS[language]))
        return made.numbers[-1]
    words = chance.choice(WORDS[language])
    if kind == 3:
        link = pick(LINKS[:2])
        made.verbatim.append(f"]({link})")
        return f"[{words}]({link})"
    if kind == 4:
        before, after = chance.choice((("**", "**"), ("<b>", "</b>"), ("*", "*"), ('<a href="/x">', "</a>")))
        made.verbatim += [before, after]
        return f"{before}{words}{after}"
    made.verbatim.append(pick((LINKS, EMAILS, CODES, HOLDERS, EMOJI)[kind - 5]))
    return made.verbatim[-1]
