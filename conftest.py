"""Loads Drydock's plugin in a plain checkout, where it is not installed."""

pytest_plugins = ["graders.plugin"]
