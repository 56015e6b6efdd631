"""Few-shot translation for models that only complete text: the same few sentences in several languages.

The examples are the project's own.
"""

from collections.abc import Iterable

from llmweb.errors import Unsupported
from llmweb.translate.languages import name
from llmweb.types import ModelSpec

EXAMPLES: dict[str, tuple[str, ...]] = {
    "en": (
        "The train to the coast leaves at eight.",
        "My sister does not like cold coffee.",
        "Where did you put the keys to the house?",
        "We will open the new school next year.",
        "If it rains, the children play inside.",
    ),
    "pt": (
        "O trem para o litoral sai às oito.",
        "Minha irmã não gosta de café frio.",
        "Onde você colocou as chaves da casa?",
        "Vamos abrir a nova escola no ano que vem.",
        "Se chove, as crianças brincam dentro de casa.",
    ),
    "es": (
        "El tren a la costa sale a las ocho.",
        "A mi hermana no le gusta el café frío.",
        "¿Dónde pusiste las llaves de la casa?",
        "Abriremos la nueva escuela el año que viene.",
        "Si llueve, los niños juegan dentro.",
    ),
    "fr": (
        "Le train pour la côte part à huit heures.",
        "Ma sœur n'aime pas le café froid.",
        "Où as-tu mis les clés de la maison ?",
        "Nous ouvrirons la nouvelle école l'année prochaine.",
        "S'il pleut, les enfants jouent à l'intérieur.",
    ),
    "de": (
        "Der Zug an die Küste fährt um acht Uhr ab.",
        "Meine Schwester mag keinen kalten Kaffee.",
        "Wohin hast du die Hausschlüssel gelegt?",
        "Wir werden die neue Schule nächstes Jahr eröffnen.",
        "Wenn es regnet, spielen die Kinder drinnen.",
    ),
    "it": (
        "Il treno per la costa parte alle otto.",
        "A mia sorella non piace il caffè freddo.",
        "Dove hai messo le chiavi di casa?",
        "Apriremo la nuova scuola l'anno prossimo.",
        "Se piove, i bambini giocano dentro.",
    ),
    "zh": (
        "去海边的火车八点出发。",
        "我姐姐不喜欢喝凉咖啡。",
        "你把家里的钥匙放在哪儿了？",
        "我们明年将开办新学校。",
        "如果下雨，孩子们就在屋里玩。",
    ),
}
STOP = ("\n",)


def prompt(sentence: str, source: str, target: str) -> str:
    """The examples of a pair, then the sentence, up to where the model writes its translation, ended by a new line."""
    shown = [
        f"{name(source)}: {first}\n{name(target)}: {second}\n\n"
        for first, second in zip(EXAMPLES[source], EXAMPLES[target], strict=True)
    ]
    return f"{''.join(shown)}{name(source)}: {sentence}\n{name(target)}:"


def check_languages(spec: ModelSpec, pair: Iterable[str]) -> None:
    """Raises Unsupported where there are no examples in one of the languages."""
    for language in pair:
        if language not in EXAMPLES:
            raise Unsupported(
                f"{spec.name} translates by example, and there are none in {name(language)}. "
                f"It can be asked for: {', '.join(name(code) for code in EXAMPLES)}."
            )
