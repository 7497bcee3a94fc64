docker compose exec -T notes tar -C /notes -cz . > backup/notes.tar
