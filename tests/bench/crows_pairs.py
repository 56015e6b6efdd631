"""CrowS-Pairs as lm-evaluation-harness 0.4.13 scores it, by plain transformers in float32, after a number of rows.

    LLMWEB_TEST_DATA=… LLMWEB_HOME=… python tests/bench/crows_pairs.py

Nothing of ours but the weights is used: BOS, the text without special tokens, the sum of log-softmax; a tie prefers
neither. lm_eval itself printed 55.67 and 5.123 for the first 300 rows. The shorter counts are for tests that may not
take a minute: tests/evals/bias/test_crows_pairs.py.
"""

import argparse
import csv
import os
from pathlib import Path

from llmweb.catalog import Catalog
from llmweb.settings import quiet_environment

COUNTS = (60, 100, 150, 300)


def differences(folder: Path, cache: Path, rows: list[dict[str, str]]) -> list[float]:
    """log p(sent_more) - log p(sent_less) of each row, in nats."""
    import torch

    from llmweb.weights.download import WeightStore
    from tests.bench.precision import torch_model

    weights = WeightStore(folder / "models").find(Catalog().find("smollm2-135m-instruct"))
    if weights is None:
        raise SystemExit("Fetch the weights first: python -m llmweb models download smollm2-135m-instruct")
    model, tokenizer = torch_model(weights, cache, rounded=False)

    def likelihood(text: str) -> float:
        ids = [tokenizer.bos_token_id, *tokenizer(text, add_special_tokens=False).input_ids]
        with torch.inference_mode():
            found = model(torch.tensor([ids])).logits[0, :-1].log_softmax(-1)
        return float(found.gather(1, torch.tensor(ids[1:])[:, None]).sum())

    return [likelihood(row["sent_more"]) - likelihood(row["sent_less"]) for row in rows]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--cache", type=Path, default=Path(".pytest_cache"), help="where the converted weights are kept"
    )
    given = parser.parse_args()
    quiet_environment()
    with (Path(os.environ["LLMWEB_TEST_DATA"]) / "crows_pairs_anonymized.csv").open(
        encoding="utf-8", newline=""
    ) as file:
        rows = list(csv.DictReader(file))[: max(COUNTS)]
    found = differences(Path(os.environ["LLMWEB_HOME"]), given.cache, rows)
    for count in COUNTS:
        part = found[:count]
        preferred = 100 * sum(value > 0 for value in part) / count
        print(f"{count} rows: {preferred:.4f} % preferred, mean absolute difference {sum(map(abs, part)) / count:.5f}")


if __name__ == "__main__":
    main()
