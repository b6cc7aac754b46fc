package randexpr

// pieces are put into texts: signs and words that mean something to one reader or another.
var pieces = []string{" ", "  ", "\t", "\n", "0", "1", "9", "00", "12", "-", "+", ".", ",", ":", ";", "/", "\\", "\"", "'", "{", "}", "[", "]", "(", ")", "<", ">",
	"e", "E5", "e-3", "x", "0x", "_", "%", "$", "#", "@", "*", "?", "|", "^", "&", "!", "=", "~", "ä", "€", "日", "\x01", "NULL", "null", "nan", "inf", "-infinity", "t", "f",
	"BC", "AD", "am", "PM", "Z", "UTC", "+02", "-08:30", "T", "P", "day", "mon", "ago", "epoch", "now", "J", "jan", "Monday", "DST", "1e400", "99999999999999999999",
	"true", "on", "ye", "\\u0041", "\\x41", "::", "..", "/32", "FF", "lax", "strict", "last", "to", "FM", "TH", "th", "YYYY", "HH12", "MI", "MS", "US", "SP", "TM", "RN", "MI9", "V", "G", "D",
	"PR", "S", "(?", "[[:alpha:]]", "\\d", "\\m", "{2}", "{1,3}?", "\\1", "(?i)", "*?"}

// inputs are more texts that types read, besides their samples.
var inputs = map[string][]string{
	"bool":    {"true", "yes", "off", " on "},
	"int4":    {"  12  ", "+5", "0012"},
	"float8":  {"1e5", ".5", "5.", " +1.5E-3 ", "inf"},
	"numeric": {"1e5", ".5", "5.", " +1.5E-3 ", "inf", "1.50000"},
	"date": {"20240229", "Feb 29 2024", "29-Feb-2024", "2/29/2024", "J2451187", "2024.060", "today", "epoch", "99-01-08", "January 8, 1999", "1999-Jan-08", "Mon 8 Jan 1999",
		"2024 Q1", "20240229T101112"},
	"time":   {"04:05", "040506", "04:05 AM", "04:05:06.789-8", "allballs", "12:00:00 PM", "2003-04-12 04:05:06 America/New_York", "T040506"},
	"timetz": {"04:05:06 PST", "040506+0730", "04:05:06.789 America/New_York"},
	"timestamp": {"1999-01-08 04:05:06", "January 8 04:05:06 1999 PST", "19990108T040506", "1999.008 04:05", "Thu Jan  8 04:05:06.789 1999", "J2451187 04:05:06", "epoch",
		"1999-01-08T04:05:06Z", "08/01/1999 4:05 pm"},
	"timestamptz": {"1999-01-08 04:05:06 -8:00", "January 8 04:05:06 1999 PST", "19990108T040506+0730", "1999-01-08 04:05:06 America/New_York", "1999-01-08 04:05:06 PST8PDT",
		"epoch", "1999-01-08T04:05:06.123456Z", "Thu Jan 08 04:05:06 1999 EST", "0001-01-01 00:00:00+00 BC"},
	"interval": {"1-2", "3 4:05:06", "P1Y2M3DT4H5M6S", "P0001-02-03T04:05:06", "1 year 2 months 3 days 4 hours 5 minutes 6 seconds ago", "@ 1 minute", "1.5 days", "-1-2 +3 -4:05:06",
		"2 weeks 3.5h", "1 century 2 decades", "PT1.5H", "12.345678 s", "1 mil", "200 ms 300 us"},
	"uuid":     {"A0EEBC999C0B4EF8BB6D6BB9BD380A11", "{a0eebc99-9c0b4ef8-bb6d6bb9-bd380a11}"},
	"bytea":    {"\\xDE AD", "a\\\\b\\001", "\\x"},
	"inet":     {"10.1.2", "192.168/16", "::ffff:1.2.3.4/120", "fe80::1%eth0", "1.2.3.4/32"},
	"cidr":     {"10.1.2", "192.168", "10", "2001:4f8:3:ba::/64", "128.1"},
	"macaddr":  {"08-00-2b-01-02-03", "08002b:010203", "0800.2b01.0203", "08002b010203"},
	"macaddr8": {"08-00-2b-01-02-03-04-05", "0800.2b01.0203.0405", "08:00:2b:01:02:03"},
	"money":    {"$1,234.56", "($5)", "-$3.1", "1e3", "12,3"},
	"json":     {" { \"a\" : [1 , 2.5e3, true, \"\\u00e4\\n\\\"\"] } ", "\"\\ud83d\\ude04\"", "-0.1E+2"},
	"jsonb":    {" { \"a\" : [1 , 2.5e3, true, \"\\u00e4\\n\\\"\"] } ", "\"\\ud83d\\ude04\"", "-0.1E+2", "{\"b\":1,\"a\":2,\"b\":3}"},
	"jsonpath": {"$.a[*] ? (@.b > 1 && @.c like_regex \"^x\" flag \"i\")", "strict $[1 to last].\"q\".type()", "$.x + -1.5 * $y", "(exists($.a) || !($.b == null)) is unknown",
		"$.**{1 to 3}.k", "$.a.datetime(\"HH24:MI\")", "$.a starts with \"b\"", "$.keyvalue().key", "1e3", ".5", "$ ? (@.a.size() % 2 == 0x1)"},
	"regtype": {"timestamp(3) with time zone", "character varying(10)", "pg_catalog.int8[]", "\"char\"", "interval day to second(2)"},
	"pg_lsn":  {"0/1", "a/b"},
	"tid":     {"( 1 , 2 )"},
	"_int4":   {" { 1 , 2 } ", "[1:2][0:1]={{1,2},{3,4}}", "{{{1}}}"},
	"_text":   {"{\"a\\\"b\", null , NULL,\"NULL\"}", "[-1:0]={a,b c}", "{ a b , \"\" }"},
}

// languages are functions that read a text in a small language of its own; $ in the template is that text.
var languages = []struct {
	template string
	valid    []string
}{
	{"to_char('2024-02-29 13:04:05.678901'::timestamp, $)", dateFormats},
	{"to_char('-45 years 7 mons -3 days 30:04:05.6'::interval, $)", dateFormats},
	{"to_char('0044-03-05 BC 23:59:59'::timestamptz, $)", dateFormats},
	{"to_timestamp('2024-02-29 13:04:05.678', $)", dateFormats},
	{"to_timestamp('Thursday 29 FEB 2024 1:04 pm', $)", dateFormats},
	{"to_timestamp($, 'YYYY-MM-DD HH24:MI:SS.MS')", []string{"2024-02-29 13:04:05.678", "24-2-9 1:4:5"}},
	{"to_timestamp($, 'FMDay DDth FMMon, Y,YYY HH12:MI AM TZH:TZM')", []string{"Thursday 29th Feb, 2,024 01:04 PM +05:30"}},
	{"to_date($, 'IYYY-IW-ID')", []string{"2024-09-4", "1999-53-7"}},
	{"to_date($, 'DD Mon YYYY BC')", []string{"05 Mar 0044 BC", "5 Mar 44 AD"}},
	{"to_date($, 'J')", []string{"2451187", "0"}},
	{"to_date($, 'YYYYDDD')", []string{"2024060", "1999365"}},
	{"to_date($, 'CC YY Q')", []string{"20 24 1", "-1 99 4"}},
	{"to_char(1234.5678, $)", numberFormats},
	{"to_char(-0.125::float8, $)", numberFormats},
	{"to_char(485, $)", numberFormats},
	{"to_char(-12345678901234567890.5, $)", numberFormats},
	{"to_number('12,454.8-', $)", numberFormats},
	{"to_number($, '99G999D9S')", []string{"12,454.8-", "1.5", "-12"}},
	{"to_number($, 'L9,999.99PR')", []string{"<1,234.56>", " 12.5 "}},
	{"regexp_match('foobarbequebaz foo 123', $)", patterns},
	{"regexp_replace('foobarbequebaz foo 123', $, '<\\1\\&>', 'g')", patterns},
	{"regexp_replace('foobar foo 123', '(o+)([a-z])?', $, 'g')", []string{"<\\1>", "\\&\\2", "a\\\\b"}},
	{"regexp_match('Foo\nbar 12', 'o$|^b.|(R) ', $)", []string{"i", "n", "x", "gi", "ns", "bq", "we"}},
	{"'foo%bar_b\\az' like $", []string{"foo%", "%\\%bar\\_%", "f__%z", "%a_"}},
	{"'foobar' similar to $", []string{"%(b|o)+%", "foo[a-c]{1,2}r", "f_*r?%"}},
	{"substring('foobarbaz' similar $ escape '#')", []string{"%#\"o_b#\"%", "foo#\"[a-z]*#\"z"}},
	{"jsonb_path_query_array('{\"a\": [1, 2.5, \"x\", null, {\"b\": [true, 3]}], \"c\": \"2024-02-29\"}', $)", paths},
	{"jsonb_path_query_array('[[1, \"12\"], {\"a\": {\"a\": -3}}, \"10:20:30+02\"]', $, '{\"v\": 2}', true)", paths},
	{"jsonb_path_match('{\"a\": [1, 2.5, \"x\"]}', $)", paths},
	{"format($, 'one', 2, 'th''ree')", []string{"%s-%I-%L", "%2$s %1$10s|%-5s|", "%%%*s", "%-*3$s"}},
	{"parse_ident($)", []string{"a.b", "\"A\".\"b\"\"c\"", "x . y"}},
	{"decode($, 'base64')", []string{"YWJj", "YQ==", "Y W\nJj"}},
	{"decode($, 'hex')", []string{"deadBEEF", "00 ff"}},
	{"decode($, 'escape')", []string{"a\\\\b", "\\001\\377"}},
	{"unistr($)", []string{"d\\0061t\\+000061", "\\u0041\\U00000042", "\\d83d\\de04"}},
	{"'{\"a\": [1, {\"b\": 2}], \"1\": null}'::jsonb #> $", []string{"{a,0}", "{a,-1,b}", "{1}"}},
	{"jsonb_set('{\"a\": [1, {\"b\": 2}], \"1\": null}', $, '9')", []string{"{a,0}", "{a,-1,b}", "{1}", "{a,7}", "{n}"}},
	{"timezone($, '2024-07-01 12:00'::timestamp)", []string{"UTC", "America/New_York", "EST5EDT", "<+02>-2", "PST8PDT,M3.2.0,M11.1.0", "+05:30"}},
	{"extract(epoch from timestamptz '2024-01-31 01:02:03.5+00') > 0 and date_part($, timestamptz '2024-01-31 01:02:03.5+00') is not null", fields},
	{"date_part($, interval '1 year 2 mons -3 days 04:05:06.7')", fields},
	{"date_trunc($, timestamp '2024-02-29 13:04:05.678')", fields},
	{"pg_size_bytes($)", []string{"1 kB", "1.5 GB", "-2e1 MB", "10 bytes", "3TB"}},
	{"'{1,2,3}'::text[] @> $::text[]", []string{"{1}", "{1,\"2\"}", "{}"}},
	{"string_to_array('a,b,,c', $)", []string{",", "", ",,"}},
	{"array_to_string('{1,2,NULL}'::int[], $, $)", []string{",", "*"}},
	{"translate('12345', '143', $)", []string{"ax", "ä", ""}},
	{"convert_from(convert_to($, 'UTF8'), 'LATIN1')", []string{"abc", "äö"}},
	{"normalize($, NFKD)", []string{"ä", "\ufb01x", "a\u0308"}},
	{"$::interval(2)", []string{"1 day 04:05:06.789", "0.005 s"}},
	{"$::interval year to month", []string{"1-2", "1", "P1Y2M"}},
	{"$::interval day to minute", []string{"1 2:03", "5", "12:30"}},
	{"$::numeric(6,2)", []string{"1234.567", "-9999.995", "1e3"}},
	{"$::varchar(3)", []string{"abc", "ab  ", "äöü"}},
	{"$::timestamp(2)", []string{"2024-01-01 00:00:00.995", "infinity"}},
}

var fields = []string{"day", "isodow", "epoch", "century", "millennium", "quarter", "microseconds", "timezone_hour", "julian", "dow", "weeks", "hr", "mins", "isoyear"}

var dateFormats = []string{"YYYY-MM-DD HH24:MI:SS.US", "FMDay, FMDDth FMMonth Y,YYY", "HH12:MI:SS.MS AM", "DY dd mon YYY bc", "IYYY-IW-ID IDDD", "J Q RM CC", "\"text\" DDD WW W",
	"TMMonth TMDy", "SSSS SSSSS FF3 FF6", "TZH:TZM OF", "FXYYYY MM DD", "p.m. B.C. hh24", "rm Dth YYYYth", "DAY Month dy", "\\\"YYYY\\\" YY"}

var numberFormats = []string{"9999.99", "FM999,999.990", "S9G999D99", "9999MI", "9999PR", "L9999", "RN", "FMRN", "99V99", "9.99EEEE", "0000.00th", "SG9999", "PL9999", "B9999.9",
	"\"num\"999", "999TH", "FM0999.9"}

var patterns = []string{"foo(b..)?", "(?:b|z)a+", "[[:alpha:]]+\\s", "\\mfoo\\M", "(o)\\1", "^f.*?r", "[^a-m0-9]{2,}", "(?i)FOO", "b(?=e)|a(?!r)", "\\d{1,3}$", "(f)(o*)|x", "***=foo", "(?<=o)b",
	"[[.a.]-c]+", "\\w\\W\\y", "a{2}|(){0,1}"}

var paths = []string{"$.a[*] ? (@ > 1)", "strict $.a[1 to last]", "$.a[*].type()", "$.a[0] + 1", "-$.a[1]", "$.**.b[*]", "$.c.datetime()", "$.a ? (exists(@[*] ? (@ == \"x\")))", "$.c like_regex \"^2\"",
	"$.c starts with \"20\"", "$.a.size()", "$[*].double()", "$.keyvalue()", "$.a[*] ? ((@ > 1) is unknown)", "$v * 2 % 3", "$[last - 1]", "$.*.ceiling()"}
