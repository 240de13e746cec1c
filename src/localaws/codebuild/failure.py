"""Why a phase failed, as the phase's context tells it."""

from __future__ import annotations


class PhaseFailed(Exception):
    """`code` is one of CodeBuild's, such as COMMAND_EXECUTION_ERROR or CLIENT_ERROR."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message
