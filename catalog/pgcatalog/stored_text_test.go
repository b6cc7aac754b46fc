package pgcatalog

import "testing"

func TestStoredText(t *testing.T) {
	s := demoCatalog()
	sh := shown{s.Reader, []string{"public"}}
	for stored, want := range map[string]string{
		"nextval('public.demo_id_seq'::regclass)":               "nextval('demo_id_seq'::regclass)",
		"(price > '0'::numeric)":                                "(price > (0)::numeric)",
		"(d < '1.5'::double precision)":                         "(d < (1.5)::double precision)",
		"(d < '-1'::double precision)":                          "(d < ('-1'::integer)::double precision)",
		"'x'::character varying(20)":                            "'x'::character varying",
		"'0'::numeric":                                          "0",
		"1.50::numeric(5,2)":                                    "1.50",
		"'5'::bigint":                                           "5",
		"'-1'::smallint":                                        "'-1'::integer",
		"'z  '::character(3)":                                   "'z'::bpchar",
		"(k <> 'y'::character)":                                 "(k <> 'y'::bpchar)",
		"(n = ANY ('{a,b}'::text[]))":                           "(n = ANY (ARRAY['a'::text, 'b'::text]))",
		"(m = ANY ('{1,2}'::integer[]))":                        "(m = ANY (ARRAY[1, 2]))",
		"'it''s'::text":                                         "'it''s'::text",
		"((a || 'x::y'::text) = '('::text)":                     "((a || 'x::y'::text) = '('::text)",
		"'{}'::text[]":                                          "'{}'::text[]",
		"'2020-01-01 00:00:00'::timestamp(3) without time zone": "'2020-01-01 00:00:00'::timestamp without time zone",
		"now()": "now()", "5": "5", "true": "true", "'abc": "'abc", "": "", "(a ~ '^\\d'::text)": "(a ~ '^\\d'::text)",
	} {
		if got := sh.text(stored); got != want {
			t.Errorf("%s\n got  %s\n want %s", stored, got, want)
		}
	}
	for text, want := range map[string]string{
		"(price > (0)::numeric)": "price > 0::numeric", "((d > (0)::double precision) AND (d < (1.5)::double precision))": "d > 0::double precision AND d < 1.5::double precision",
		"(((a > 1) AND (a < 5)) OR (a IS NULL))": "a > 1 AND a < 5 OR a IS NULL", "((a > 1) AND ((a < 5) OR (b = 2)))": "a > 1 AND (a < 5 OR b = 2)",
		"(NOT (a > 1))": "NOT a > 1", "(lower((name)::text) = 'x'::text)": "lower(name::text) = 'x'::text", "((a + b) > 0)": "(a + b) > 0",
		"(a > ('-5'::integer)::numeric)": "a > '-5'::integer::numeric", "(length(p) > 3)": "length(p) > 3", "(\"C x\" > 0)": "\"C x\" > 0",
	} {
		if got := prettyExpr(text); got != want {
			t.Errorf("pretty %s\n got  %s\n want %s", text, got, want)
		}
	}
}
