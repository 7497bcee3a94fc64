"""What Alembic runs for a migration: within the transaction of whoever opens the store."""

from alembic import context

from graders.classes.migrating import VERSION_TABLE
from graders.classes.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
)
context.run_migrations()
