CREATE TABLE customers (id serial PRIMARY KEY, name varchar(40) NOT NULL, email text UNIQUE, joined timestamptz DEFAULT now(), score numeric(6,2) DEFAULT 0 CHECK (score >= 0));
CREATE TABLE orders (id bigint PRIMARY KEY, customer int, total numeric(10,2), placed date NOT NULL DEFAULT '2024-01-01', note char(10), flag boolean);
CREATE INDEX orders_customer ON orders (customer, placed DESC);
CREATE VIEW big_orders AS SELECT id, total FROM orders WHERE total > 100;
CREATE SEQUENCE ticket START 100 INCREMENT 5;
\d
\dt
\d customers
\d orders
\d big_orders
\d ticket
\d orders_customer
\di
\dv
\ds
\dn
\dt nosuch
\d nosuch
\d+ orders
\dt+ nosuch*
\l postgres
\du postgres
\df nosuchfunction
\dT nosuchtype
\dp nosuch
SELECT current_database(), current_user, current_schema;
