"""How the tables of a store came to be: Alembic's migrations, oldest first, each named after what it does."""
