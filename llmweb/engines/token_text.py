"""The text of tokens that come one by one: what may be shown, and where a stop string ends it.

Owns the two traps of streaming: a character spread over several tokens, and a stop string spread over several tokens.
"""

from collections.abc import Callable, Sequence

# Tokens before the first new one that a decoder may need to tell whether a space stands between them.
CONTEXT = 6
INCOMPLETE = "\N{REPLACEMENT CHARACTER}"


class TokenText:
    """add returns what may be shown; text is all of it. stopped becomes true at a stop string, which text leaves out.

    before are tokens that stand in front, so that the space between the two is kept; without any the text begins anew.
    """

    def __init__(self, decode: Callable[[list[int]], str], stop: Sequence[str], before: Sequence[int] = ()) -> None:
        self.text = ""
        self.stopped = False
        self._decode, self._stop = decode, [stop_string for stop_string in stop if stop_string]
        self._ids = list(before[-CONTEXT:])
        self._begin, self._read = 0, len(self._ids)
        self._held = ""

    def add(self, token: int) -> str:
        """The text that has become certain; what may still turn into a character or a stop string is held back."""
        if self.stopped:
            return ""
        self._ids.append(token)
        old = self._decode(self._ids[self._begin : self._read]) if self._read else ""
        new = self._decode(self._ids[self._begin :])
        if new.endswith(INCOMPLETE) or len(new) <= len(old):
            return ""
        self._begin, self._read = self._read, len(self._ids)
        return self._show(self._held + new[len(old) :])

    def end(self) -> str:
        """What was held back for a stop string that did not come. Half a character is dropped."""
        rest, self._held = self._held, ""
        self.text += rest
        return rest

    def _show(self, fresh: str) -> str:
        found = [place for stop in self._stop if (place := fresh.find(stop)) >= 0]
        if found:
            self.stopped, self._held = True, ""
            shown = fresh[: min(found)]
        else:
            kept = max((_overlap(fresh, stop) for stop in self._stop), default=0)
            shown, self._held = fresh[: len(fresh) - kept], fresh[len(fresh) - kept :]
        self.text += shown
        return shown


def _overlap(text: str, stop: str) -> int:
    """The longest end of text that begins stop."""
    return next((size for size in range(min(len(text), len(stop) - 1), 0, -1) if text.endswith(stop[:size])), 0)
