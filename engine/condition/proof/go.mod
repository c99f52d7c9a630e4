module holdfast/engine/condition/proof

go 1.26.0

require (
	github.com/pganalyze/pg_query_go/v6 v6.2.5
	holdfast v0.0.0
	pgregory.net/rapid v1.3.0
)

require github.com/netresearch/go-cron v0.9.1 // indirect

replace holdfast => ../../..
