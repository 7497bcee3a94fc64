"""A lab may be a bonus: its rubric says so."""

import pytest

from graders.rubric import RubricError, read_lab
from tests.unit.test_rubric import VALID, write  # noqa: F401 - a fixture


def test_a_lab_is_no_bonus_unless_its_rubric_says_so(write):  # noqa: F811 - a fixture
    assert not read_lab(write(VALID), {}).bonus
    assert read_lab(write("bonus = true\n" + VALID), {}).bonus


def test_a_bonus_that_is_neither_true_nor_false_is_a_mistake(write):  # noqa: F811 - a fixture
    with pytest.raises(RubricError, match="bonus"):
        read_lab(write('bonus = "yes"\n' + VALID), {})
