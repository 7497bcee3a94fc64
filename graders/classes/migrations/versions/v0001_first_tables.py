"""The first tables: results, attempts, overrides and generations."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables."""
    _make(
        "results",
        sa.Column("key", sa.String(64), nullable=False, unique=True),
        sa.Column("student", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("lab", sa.Text, nullable=False, index=True),
        sa.Column("lab_version", sa.Text, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("images", sa.Text, nullable=False),
        sa.Column("drydock", sa.Text, nullable=False),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.Column("handed_in", MOMENT),
        sa.Column("graded", MOMENT, nullable=False),
        sa.Column("earned", sa.Double, nullable=False),
        sa.Column("possible", sa.Double, nullable=False),
        sa.Column("record", sa.Text, nullable=False),
    )
    _make(
        "attempts",
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("student", sa.Text, nullable=False),
        sa.Column("lab", sa.Text, nullable=False, index=True),
        sa.Column("worker", sa.Text, nullable=False),
        sa.Column("started", MOMENT, nullable=False),
        sa.Column("seconds", sa.Double, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
    )
    _make(
        "overrides",
        sa.Column("student", sa.Text, nullable=False),
        sa.Column("lab", sa.Text, nullable=False, index=True),
        sa.Column("check_id", sa.Text, nullable=False),
        sa.Column("points", sa.Double),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("given", MOMENT, nullable=False),
    )
    _make(
        "generations",
        sa.Column("student", sa.Text, nullable=False),
        sa.Column("lab", sa.Text, nullable=False, index=True),
        sa.Column("generation", sa.Integer, nullable=False),
    )


def _make(name: str, *columns: sa.Column[object]) -> None:
    op.create_table(name, sa.Column("id", NUMBER, primary_key=True), *columns, sqlite_autoincrement=True)
