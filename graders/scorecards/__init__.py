"""Scorecards for people and programs: HTML, JSON, the terminal."""
