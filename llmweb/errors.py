"""What can go wrong in a way a person can mend. Pages and the shell show the text; anything else is a defect.

UserError
├── BadInput           empty, too long, not text, wrong columns, a schema that is not JSON
├── UnknownModel       no such id in the catalog
├── UnsupportedPair    no model translates this pair
├── Unsupported        this engine or model cannot do it; names one that can
├── NotDownloaded      the weights are not on disk; says how to get them
├── DownloadFailed     no network, no space, wrong hash, licence not accepted
├── DoesNotFit         more memory than the budget allows
└── NotFound           a chat or answer that is gone
"""


class UserError(Exception):
    """Says what happened, why, and what to do next, in that order."""


class BadInput(UserError): ...


class UnknownModel(UserError): ...


class UnsupportedPair(UserError): ...


class Unsupported(UserError): ...


class NotDownloaded(UserError): ...


class DownloadFailed(UserError): ...


class DoesNotFit(UserError): ...


class NotFound(UserError): ...
