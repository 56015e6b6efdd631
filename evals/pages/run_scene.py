"""What a window of the Runs page shows: a View, checked and read from the store → HTML. No widgets.

How it looks is run_list.py's, run_view.py's and sample_view.py's. Ids and choices come from the browser or an address.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from evals import run_reads, sample_order
from evals.comparisons import Comparison
from evals.pages import run_list, run_view, sample_view
from evals.pages.opening import Asked
from evals.pages.run_view import Opened
from evals.pages.sample_view import Given, Scene
from evals.records import OutputRow, Run
from evals.run_queue import RunQueue
from evals.sample_order import KEPT, ORDERS, PAIR_ORDERS, Part
from evals.scoring import compare_runs, sample_value, shared_samples, stored_metric
from evals.systems import stored_system
from evals.types import Metric, Sample, Suite
from llmweb.errors import BadInput, NotFound

PAGE_SAMPLES = 10
LISTED_RUNS = 50
OFFERED_RUNS = 200
NOT_ASKED = "This run has not been asked it."


@dataclass(frozen=True, slots=True)
class View:
    """The list of runs, or a run, beside another one or alone; one sample of it, or a page of them in an order.

    listed is how many runs the list shows at most, find what is searched in it; suite the one of one's own whose cases
    are shown above it.
    """

    run: str = ""
    other: str = ""
    sample: str = ""
    order: str = ""
    kept: str = "all"
    search: str = ""
    page: int = 1
    find: str = ""
    listed: int = LISTED_RUNS
    suite: str = ""

    @property
    def orders(self) -> Mapping[str, str]:
        return PAIR_ORDERS if self.other else ORDERS


class RunScene:
    """Reads what a View needs. Methods raise NotFound and BadInput where it names what is not there."""

    def __init__(self, queue: RunQueue, names: Mapping[str, str]) -> None:
        self.queue, self.store, self.names = queue, queue.store, names
        self._compared: dict[tuple[str, str, int], dict[str, Comparison]] = {}  # the latest pair

    def list_html(self, view: View) -> str:
        lines = run_reads.read_runs(self.store.path, view.listed + 1, view.find)
        going = {run.run for run in self.queue.listed()}
        shown, more = lines[: view.listed], len(lines) > view.listed
        return run_list.list_html(shown, self.names, going, view.find, more)

    def live_html(self) -> str:
        return run_list.left_html(len(self.queue.left())) + run_list.live_html(self.queue.listed(), self.names)

    def going_html(self, view: View) -> str:
        """What is under way with the run that is open: it is made, or scored again."""
        going, rescoring = self.queue.find(view.run), self.queue.rescoring.find(view.run)
        if going is not None:
            return run_list.going_html(going)
        return run_view.rescoring_html(rescoring) if rescoring is not None and not rescoring.ended else ""

    def is_empty(self) -> bool:
        return not self.queue.listed() and not run_reads.read_runs(self.store.path, 1)

    def checked(self, view: View) -> View:
        """With whole ids, and an order there is. Raises NotFound for what is gone, BadInput for two suites."""
        if not view.run:
            return View(find=view.find, listed=view.listed, suite=view.suite)
        run = self._run(view.run)
        other = self._run(view.other) if view.other else None
        if other is not None and not self._shared(run, other):
            raise BadInput(f"Runs {run.id} and {other.id} did not ask the same samples, so they cannot be compared.")
        whole = replace(view, run=run.id, other=other.id if other else "")
        if whole.sample and whole.sample not in {sample.id for sample in self.store.suite(run.suite_sha256).samples}:
            raise NotFound(f"There is no sample {whole.sample!r} in this suite. Choose another one below.")
        return whole if whole.order in whole.orders else replace(whole, order=next(iter(whole.orders)))

    def head_html(self, view: View) -> str:
        a = self._opened(view.run)
        if not view.other:
            return run_view.head_html(a, self.names, whole=not view.sample)
        return run_view.pair_head_html(a, self._opened(view.other), self._compared.get(self._pair(view)), self.names)

    def spoken(self, view: View) -> str:
        """What has been opened, for those who do not see it."""
        runs = [self.store.run(run) for run in (view.run, view.other) if run]
        names = " and ".join(run_list.system_name(run.system, self.names) for run in runs)
        return f"{runs[0].suite}: {names}{f', sample {view.sample}' if view.sample else ''}"

    def is_judged(self, view: View) -> bool:
        """Whether there is nothing to compare (any more)."""
        return not view.other or self._pair(view) in self._compared

    def judge(self, view: View) -> None:
        """Compare the two runs, which takes some seconds."""
        found = compare_runs(self.store.run(view.run), self.store.run(view.other), self.store)
        self._compared = {self._pair(view): found}

    def body_html(self, view: View) -> str:
        """The page of samples, or the one that is open."""
        suite = self._suite(view.run)
        scene = Scene(suite, view.run, view.other)
        if view.sample:
            ((sample, given),) = self._read(view, suite, [view.sample])
            return sample_view.sample_html(scene, sample, given, self.names)
        found = sample_order.part(self._ids(view, suite), view.page, PAGE_SAMPLES)
        rows = self._read(view, suite, found.rows)
        return sample_view.samples_html(scene, Part(rows, found.number, found.pages, found.total))

    def asked(self, view: View) -> Asked:
        """The sample that is open, with what the run gave for it."""
        suite = self._suite(view.run)
        ((sample, (given, *_)),) = self._read(view, suite, [view.sample])
        return Asked(suite, sample, stored_system(self.store.run(view.run)), given.output)

    def beside(self, view: View, step: int) -> View:
        """The sample before (-1) or after (1) the one that is open, in the order chosen; the last stays."""
        ids = self._ids(view, self._suite(view.run))
        if view.sample not in ids:
            return replace(view, sample=ids[0] if ids else view.sample)
        place = min(max(0, ids.index(view.sample) + step), len(ids) - 1)
        return replace(view, sample=ids[place], page=place // PAGE_SAMPLES + 1)

    def comparable(self, view: View) -> list[tuple[str, str]]:
        """(words, id) of the other runs on the same samples, the latest first."""
        sha256 = self.store.run(view.run).suite_sha256
        lines = run_reads.read_runs(self.store.path, OFFERED_RUNS, suite_sha256=sha256)
        return [
            (f"{run_list.system_name(line.system, self.names)} · {run_list.when(line.created)}", line.id)
            for line in lines
            if line.id != view.run
        ]

    def _shared(self, run: Run, other: Run) -> set[str]:
        """The samples that both suites have."""
        suite = self.store.suite(run.suite_sha256)
        if run.suite_sha256 == other.suite_sha256:
            return {sample.id for sample in suite.samples}
        return shared_samples(suite, self.store.suite(other.suite_sha256))

    def _run(self, run_id: str) -> Run:
        try:
            return self.store.run(run_id)
        except NotFound as error:
            raise NotFound(f"There is no run {run_id!r}: it was deleted, perhaps. Choose another one.") from error

    def _opened(self, run_id: str) -> Opened:
        run = self.store.run(run_id)
        suite = self.store.suite(run.suite_sha256)
        marks = run_reads.read_marks(self.store.path, run.id)
        return Opened(
            run,
            suite,
            self.store.scores(run.id) if run.status == "finished" else (),
            len(marks),
            sum(mark.failed for mark in marks),
            self.queue.find(run.id),
            run_reads.read_against(self.store.path, run.id, suite.metrics[0]),
            self.queue.rescoring.find(run.id),
        )

    def _pair(self, view: View) -> tuple[str, str, int]:
        return view.run, view.other, self.queue.version

    def _suite(self, run_id: str) -> Suite:
        return self.store.suite(self.store.run(run_id).suite_sha256)

    def _ids(self, view: View, suite: Suite) -> list[str]:
        """The samples to show, in the order chosen."""
        metric = stored_metric(suite.metrics[0], suite)
        marks = run_reads.read_marks(self.store.path, view.run, view.search)
        kept = view.kept if view.kept in KEPT else "all"
        better = metric.higher_is_better
        if not view.other:
            rows = sample_order.valued(marks, metric)
            return [row.sample for row in sample_order.ordered(rows, view.order, kept, better)]
        theirs = run_reads.read_marks(self.store.path, view.other)
        shared = self._shared(self.store.run(view.run), self.store.run(view.other))
        pairs = sample_order.paired([mark for mark in marks if mark.sample in shared], theirs, metric)
        return [row.sample for row in sample_order.ordered_pairs(pairs, view.order, kept, better)]

    def _read(self, view: View, suite: Suite, ids: Sequence[str]) -> list[tuple[Sample, list[Given]]]:
        """Samples with what each run gave for them."""
        samples = {sample.id: sample for sample in suite.samples}
        metrics = [stored_metric(name, suite) for name in suite.metrics]
        runs = [
            {output.sample: output for output in self.store.outputs(run, ids)} for run in (view.run, view.other) if run
        ]
        return [
            (samples[name], [_given(found.get(name, OutputRow(name, error=NOT_ASKED)), metrics) for found in runs])
            for name in ids
        ]


def _given(output: OutputRow, metrics: Sequence[Metric]) -> Given:
    """Under the metrics it was scored by."""
    counted = {} if output.error else output.statistics
    return Given(output, {metric.name: sample_value(metric, counted) for metric in metrics if metric.name in counted})
