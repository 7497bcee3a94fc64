"""Prints a result's outputs for GitHub, one `NAME=VALUE` a line. Arguments: the `result.json`, and the lab's id."""

import json
import sys
from pathlib import Path

from graders.scorecards.record import from_record

card = from_record(json.loads(Path(sys.argv[1]).read_text("utf-8")))
complete = card.complete and not card.picked and card.lab == sys.argv[2]
outputs = {"complete": str(complete).lower(), "full-marks": str(complete and card.full_marks).lower()}
if complete:
    outputs |= {"score": f"{card.earned:g}", "possible": f"{card.possible:g}"}
for name, value in outputs.items():
    print(f"{name}={value}")
