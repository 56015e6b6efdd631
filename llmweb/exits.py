"""What a shell sees of a command's end: 1 an error that stderr explains, 4 weights or a data set that are not here, 130
interrupted, 141 whoever read the output has closed it (head, less); else what the command says itself.
"""

import os
import sys
from collections.abc import Callable

from llmweb.errors import NotDownloaded, UserError

FAILED, NO_WEIGHTS, INTERRUPTED, UNREAD = 1, 4, 130, 141


def exit_code(command: Callable[[], int], stopped: str = "Stopped.") -> int:
    """Runs it; stopped is said after Ctrl+C."""
    try:
        code = command()
        sys.stdout.flush()
        return code
    except NotDownloaded as error:
        print(error, file=sys.stderr)
        return NO_WEIGHTS
    except UserError as error:
        print(error, file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print(stopped, file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python complains when it flushes at its end
        return UNREAD
