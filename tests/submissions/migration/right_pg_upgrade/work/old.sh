#!/bin/bash
# Given: opens a shop to practise on, with an old server and an app that writes to it; anew each time. The grader opens
# its own, with other roles and rows and one more table.
# 주어진 파일: 연습용 상점을 새로 엽니다. 옛 서버와, 그 서버에 계속 쓰는 앱이 있습니다. 채점기는 역할과 행이 다르고 테이블이
# 하나 더 있는 상점을 따로 엽니다.
set -euo pipefail
: "${PASSWORD:?is not set; try: PASSWORD=secret bash old.sh}"

docker rm -f -v app old new > /dev/null 2>&1 || true
docker volume rm -f old-data new-data > /dev/null
docker network inspect shop > /dev/null 2>&1 || docker network create shop > /dev/null

docker run -d --name old --network shop -e POSTGRES_PASSWORD="$PASSWORD" -e POSTGRES_DB=shop \
  -v old-data:/var/lib/postgresql/data postgres:15 > /dev/null
until docker exec old pg_isready -q -h 127.0.0.1; do sleep 0.5; done

docker exec -i old psql -q -U postgres -d shop -v ON_ERROR_STOP=1 <<'SQL'
CREATE ROLE owner NOLOGIN;
CREATE ROLE staff NOLOGIN;
CREATE ROLE clerk LOGIN PASSWORD 'clerk-secret' IN ROLE staff;
CREATE SCHEMA sales AUTHORIZATION owner;
GRANT USAGE ON SCHEMA sales TO staff;
SET ROLE owner;
CREATE TYPE sales.state AS ENUM ('new', 'paid', '배송');
CREATE DOMAIN sales.price AS numeric(12,2) CHECK (VALUE >= 0);
CREATE TABLE sales.customers (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL, email text UNIQUE, details jsonb);
CREATE TABLE sales.orders (
  id serial PRIMARY KEY, customer bigint NOT NULL REFERENCES sales.customers,
  state sales.state NOT NULL DEFAULT 'new', price sales.price, note text,
  placed timestamptz NOT NULL DEFAULT clock_timestamp());
CREATE TABLE sales.events (at timestamptz, what text);
CREATE INDEX customers_by_name ON sales.customers (lower(name));
CREATE SEQUENCE sales.invoices START 1000 INCREMENT 7;
CREATE VIEW sales.totals AS SELECT customer, sum(price) AS total FROM sales.orders GROUP BY customer;
GRANT SELECT, INSERT ON sales.orders TO staff;
GRANT USAGE ON SEQUENCE sales.orders_id_seq TO staff;
INSERT INTO sales.customers (name, email, details) VALUES
  ('김하늘', 'sky@example.kr', '{"도시": "부산"}'), ('Zoë Straße', 'zoe@example.kr', '{"n": 1}'),
  ('東京の店 📚', 'tokyo@example.kr', NULL);
INSERT INTO sales.orders (customer, price, note) VALUES (1, 9900, '감귤 상자'), (2, 12000.50, 'Crème brûlée');
INSERT INTO sales.events VALUES (now(), '문을 열었습니다'), (now(), 'opened');
SELECT max(nextval('sales.invoices')) FROM generate_series(1, 20) \g /dev/null
SQL

docker run -d --name app --network shop --init --stop-signal SIGTERM --tmpfs /var/lib/postgresql/data \
  -e PGHOST=old -e PGDATABASE=shop -e PGUSER=clerk -e PGPASSWORD=clerk-secret postgres:15 bash -c '
while :; do
  while :; do
    echo "INSERT INTO sales.orders (customer, price, note) VALUES (1, 9900, '\''주문 $RANDOM'\'');"
    sleep 0.1
  done | psql -X -q -v ON_ERROR_STOP=1 > /dev/null
  sleep 0.2
done' > /dev/null
echo "The shop is open / 상점이 열렸습니다"
