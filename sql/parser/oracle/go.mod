module github.com/lightsql/lightsql/sql/parser/oracle

go 1.26

require (
	github.com/lightsql/lightsql v0.0.0
	github.com/pganalyze/pg_query_go/v6 v6.2.5
)

replace github.com/lightsql/lightsql => ../../..
