FROM drydock/ledger-app:1
COPY key.txt /run/secrets/key
