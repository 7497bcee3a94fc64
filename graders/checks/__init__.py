"""The checks of each lab, one module a lab, found by the lab's name."""
