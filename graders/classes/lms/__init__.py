"""Grades for other programs: plain CSV, Canvas, Moodle and Blackboard, one module each."""
