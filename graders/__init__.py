"""Drydock grades Docker labs: it starts a student's work in a throwaway engine, watches it and says what it saw.

This is the vocabulary of those who write checks:

    from graders import Dock, check, fail, scene

    @check
    def store_answers(dock: Dock) -> None:
        answer = ask(dock, "middle", "http://store:8080/")
        if answer.error == "name":
            fail("name_unknown", name="store")
"""

from graders.dock import Dock
from graders.timeline import Timeline
from graders.verdicts import Evidence
from graders.vocabulary import check, fail, not_assessable, partly, scene

__all__ = ["Dock", "Evidence", "Timeline", "check", "fail", "not_assessable", "partly", "scene"]
