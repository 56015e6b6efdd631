"""The features from a shell: chat, translate, summarize, ask, models. Answers on stdout, progress on stderr.

Exit codes: 0 answered, 1 an error that stderr explains, 2 wrong usage, 3 not in the text (ask), 4 the weights are not
here and fetching was not agreed to, 130 interrupted, 141 the output was closed. What each command does is
commands.py's.
"""

import argparse
import sys
from pathlib import Path

from llmweb.exits import exit_code
from llmweb.settings import default_data_dir, quiet_environment


def parser() -> argparse.ArgumentParser:
    root = argparse.ArgumentParser(prog="python -m llmweb", description="Language models on your own machine.")
    root.add_argument(
        "--data-dir", type=Path, default=None, help="weights and history (default: LLMWEB_HOME, or the system's place)"
    )
    root.add_argument("--engine", choices=["scripted"], default="", help="the shipped fake instead of real models")
    commands = root.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_chat(commands.add_parser("chat", help="answer a message, or complete a text"))
    _add_translate(commands.add_parser("translate", help="translate a text or a file"))
    _add_summarize(commands.add_parser("summarize", help="summarize a text or a file"))
    _add_ask(commands.add_parser("ask", help="answer a question from files"))
    _add_models(commands.add_parser("models", help="list, show, add, download and remove models"))
    return root


def _add_chat(command: argparse.ArgumentParser) -> None:
    _add_text(command, "the message")
    _add_answering(command)
    command.add_argument("--system", default="", help="system prompt")
    command.add_argument("--plain", action="store_true", help="complete the text as it stands, without a chat template")
    command.add_argument("--preset", default="Precise", help="named sampling options: Precise, Balanced, Creative")
    command.add_argument("--temperature", type=float)
    command.add_argument("--top-p", type=float)
    command.add_argument("--top-k", type=int)
    command.add_argument("--min-p", type=float)
    command.add_argument("--repetition-penalty", type=float)
    command.add_argument("--max-tokens", type=int)
    command.add_argument("--seed", type=int)
    command.add_argument("--stop", action="append", metavar="TEXT", help="end before this text; may be repeated")
    command.add_argument("--schema", metavar="JSON", help="answer in JSON that fits this schema")


def _add_translate(command: argparse.ArgumentParser) -> None:
    _add_text(command, "the text")
    _add_answering(command)
    command.add_argument("--from", dest="source", default="", metavar="LANGUAGE", help="en, pt …; detected if left out")
    command.add_argument("--to", dest="target", required=True, metavar="LANGUAGE")
    command.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="FOLDER",
        help="write --file (.txt, .md, .srt, .docx) translated into this folder",
    )


def _add_summarize(command: argparse.ArgumentParser) -> None:
    _add_text(command, "the text")
    _add_answering(command)
    command.add_argument("--length", default="medium", help="short, medium, long, or a number of words")
    command.add_argument("--style", default="paragraph", help="paragraph, bullets or headline")
    command.add_argument("--focus", default="", help="a question the summary should answer")


def _add_ask(command: argparse.ArgumentParser) -> None:
    command.add_argument("question")
    command.add_argument("--context", type=Path, action="append", metavar="FILE", help="may be repeated; - is stdin")
    _add_answering(command)


def _add_models(command: argparse.ArgumentParser) -> None:
    verbs = command.add_subparsers(dest="verb", required=True, metavar="VERB")
    verbs.add_parser("list", help="every model, and what is on this machine").add_argument(
        "--json", action="store_true"
    )
    verbs.add_parser("show", help="one model").add_argument("id")
    add = verbs.add_parser("add", help="a GGUF file or a folder of your own")
    add.add_argument("path", type=Path)
    add.add_argument("--id", default="", help="how to call it (default: from the file's name)")
    download = verbs.add_parser("download", help="fetch the weights")
    download.add_argument("id")
    download.add_argument("--yes", action="store_true", help="agree to the download and the licence shown")
    verbs.add_parser("remove", help="delete the weights; your own files stay").add_argument("id")


def _add_text(command: argparse.ArgumentParser, what: str) -> None:
    command.add_argument("text", nargs="?", default="", help=f"{what}; - or nothing reads stdin")
    command.add_argument("--file", type=Path, help="read it from a file")


def _add_answering(command: argparse.ArgumentParser) -> None:
    command.add_argument("--model", default="", metavar="ID", help="see: python -m llmweb models list")
    command.add_argument("--precision", choices=["fast", "exact"], default="fast")
    command.add_argument("--json", action="store_true", help="print the result with its provenance as JSON")
    command.add_argument("--yes", action="store_true", help="agree to download weights that are not here")
    command.add_argument("--temporary", action="store_true", help="do not keep it in the history")


def main(arguments: list[str] | None = None) -> int:
    given = parser().parse_args(arguments)
    quiet_environment()

    def answered() -> int:
        from llmweb import commands

        with commands.opened(given.data_dir or default_data_dir(), given.engine) as shell:
            return shell.run(given)

    return exit_code(answered)


if __name__ == "__main__":
    sys.exit(main())
