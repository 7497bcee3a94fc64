"""Puts the labs, which lie beside the package, into what is built of it; all else is in pyproject.toml."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py


class WithLabs(build_py):
    """Copies the labs into the package, without the folders in which students work."""

    def run(self) -> None:
        """Build the package, and add the labs."""
        super().run()
        if not self.editable_mode:
            left_out = shutil.ignore_patterns("work", "__pycache__")
            target = Path(self.build_lib, "graders", "labs_as_shipped")
            shutil.rmtree(target, ignore_errors=True)
            shutil.copytree("labs", target, ignore=left_out)


setup(cmdclass={"build_py": WithLabs})
