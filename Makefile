# LightSQL's make targets. `make test` is all that a clean clone needs; .ci/run does the same and more.
SHELL := /bin/bash
export GOFLAGS := -buildvcs=false

# Measures that are not part of the repository; targets that need one say so when it is missing.
SQLLOGIC_CORPUS ?= ../shared/sqllogictest
PGREGRESS ?= ../shared/pgregress

.PHONY: build test check vet staticcheck race sqllogic expressions inputs faults model crash fuzz soak bench bench-kv oracle pgregress tools

build:
	CGO_ENABLED=0 go build -o bin/lightsql ./cmd/lightsql

# Client programs that tests drive. Tests that miss one are skipped and say so.
tools:
	@.ci/tools

test: tools
	go test ./...

vet:
	go vet ./...
	@out=$$(gofmt -l $$(git ls-files '*.go')); if [ -n "$$out" ]; then echo "gofmt would change:"; echo "$$out"; exit 1; fi

staticcheck:
	go run honnef.co/go/tools/cmd/staticcheck@v0.8.2 ./...

check: vet staticcheck test

# The packages with goroutines of their own.
race:
	go test -race ./kv/... ./catalog/... ./pgwire/... ./exec/... ./cmd/lightsql/

# SQLLOGIC_COMPARE, a PostgreSQL's connection string, runs the corpus there too and compares the times.
sqllogic:
	go test ./cmd/lightsql -run 'TestSQLLogic$$' -count=1
	@if [ -d $(SQLLOGIC_CORPUS)/test ]; then \
		LIGHTSQL_SQLLOGIC=$(abspath $(SQLLOGIC_CORPUS))/test LIGHTSQL_SQLLOGIC_EXCLUDE=$(abspath $(SQLLOGIC_CORPUS))/postgres-fails.txt \
			LIGHTSQL_SQLLOGIC_COMPARE="$(SQLLOGIC_COMPARE)" go test ./cmd/lightsql -run 'TestSQLLogic$$' -count=1 -timeout 120m $(if $(SQLLOGIC_COMPARE),-v); \
	else echo "no corpus in $(SQLLOGIC_CORPUS): only the files of testdata/sqllogic ran"; fi

# Random expressions over all functions, operators and casts of a PostgreSQL: make expressions ORACLE='postgres://…' SEED=7 COUNT=50000
expressions:
	LIGHTSQL_ORACLE="$(ORACLE)" LIGHTSQL_EXPRESSIONS="$${COUNT:-20000}" LIGHTSQL_SEED="$${SEED:-1}" LIGHTSQL_ONLY="$(ONLY)" \
		go test ./cmd/lightsql -run TestExpressions -count=1 -v -timeout 60m

# Texts and binary forms changed at random, read here and by a PostgreSQL, with the same settings; and the rows of its catalogs compared with ours.
inputs:
	LIGHTSQL_ORACLE="$(ORACLE)" LIGHTSQL_EXPRESSIONS="$${COUNT:-20000}" LIGHTSQL_SEED="$${SEED:-1}" LIGHTSQL_ONLY="$(ONLY)" \
		go test ./cmd/lightsql -run 'TestInputs|TestBinaryInputs|TestCatalogRows' -count=1 -v -timeout 60m

# Everything that can go wrong with a disk, at length: make faults SEED=7
faults:
	go test ./kv/faults -count=1 -v -timeout 60m -faults.seed $${SEED:-1} -faults.every 1 -faults.repeat 100
	go test ./cmd/lightsql -run TestFault -count=1 -v

# Random histories against a model, with crashes and full disks: make model FOR=2h SEED=1000
model:
	go test ./kv/mvcc -run TestMetamorphic -count=1 -v -timeout 24h -metamorphic.for $${FOR:-10m} -metamorphic.seed $${SEED:-1}

# kill -9 in the middle of transactions, ROUNDS times; then all that was acknowledged must be there.
crash:
	LIGHTSQL_CRASH_ROUNDS=$${ROUNDS:-30} go test ./cmd/lightsql -run TestKill -count=1 -v -timeout 60m

fuzz:
	.ci/fuzz $${SECONDS_EACH:-60}

# Transactions for SOAK; how much memory and disk grow in MB per hour.
soak:
	LIGHTSQL_SOAK=$${SOAK:-10m} go test ./cmd/lightsql -run TestSoak -count=1 -v -timeout 24h

bench:
	go run ./cmd/lightsql/internal/bench $(ARGS)

# The store against Pebble, bbolt, Badger and, where their header files are installed, LMDB and RocksDB.
bench-kv:
	cd kv/bench && CGO_ENABLED=1 go build -o ../../bin/kvbench -tags "$(if $(wildcard /usr/include/lmdb.h),lmdb) $(if $(wildcard /usr/include/rocksdb/c.h),rocksdb)" .
	bin/kvbench $(ARGS)

# Compares the parser with PostgreSQL's own (cgo; a module of its own).
oracle:
	cd sql/parser/oracle && LIGHTSQL_PGREGRESS=$(abspath $(PGREGRESS)) go test ./... -count=1 -v

# PostgreSQL's regression suite against a fresh server: make pgregress ARGS='-group types'
pgregress: build
	.ci/pgregress $(abspath $(PGREGRESS)) $(ARGS)
