"""The throwaway engine that one submission is graded in."""

from graders.dock.answers import Ran, Refusal, State
from graders.dock.dock import Dock
from graders.dock.seed import Seed, ensure_seed
from graders.dock.settings import Settings
from graders.dock.submission import Limits, Submission, pack
from graders.dock.troubles import SubmissionRefused, Trouble

__all__ = [
    "Dock",
    "Limits",
    "Ran",
    "Refusal",
    "Seed",
    "Settings",
    "State",
    "Submission",
    "SubmissionRefused",
    "Trouble",
    "ensure_seed",
    "pack",
]
