package pgcatalog

import (
	"testing"

	"github.com/lightsql/lightsql/catalog"
)

func TestViewQuery(t *testing.T) {
	s := demoCatalog()
	sh := shown{s.Reader, []string{"public"}}
	for query, want := range map[string]string{
		"SELECT id, name FROM public.demo WHERE id > 1": " SELECT demo.id,\n    demo.name\n   FROM demo\n  WHERE demo.id > 1;",
		"SELECT d.id, count(*) AS n FROM public.demo AS d LEFT JOIN public.v ON v.id = d.id GROUP BY d.id HAVING count(*) > 1 ORDER BY n LIMIT 5": " SELECT d.id,\n    count(*) AS n\n   FROM demo d\n     LEFT JOIN v ON v.id = d.id\n  GROUP BY d.id\n HAVING count(*) > 1\n  ORDER BY n\n LIMIT 5;",
		"SELECT price FROM public.demo UNION ALL SELECT 1":             " SELECT demo.price\n   FROM demo\nUNION ALL\n SELECT 1;",
		"SELECT name FROM public.demo JOIN public.v ON demo.id = v.id": " SELECT demo.name\n   FROM demo\n     JOIN v ON demo.id = v.id;",
		"not sql at all": " not sql at all;",
	} {
		if got := sh.viewQuery(&catalog.View{Query: query}); got != want {
			t.Errorf("%s\n got  %q\n want %q", query, got, want)
		}
	}
}
