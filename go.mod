module github.com/lightsql/lightsql

go 1.26
