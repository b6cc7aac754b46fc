package session

import (
	"context"
	"net/netip"
	"strconv"

	"github.com/lightsql/lightsql/sql/types"
)

// clientFunctions adds the functions about the connection and the server to m.
func clientFunctions(m map[string]sessionCode) {
	of := func(value func(s *Session) types.Datum) sessionCode {
		return func(s *Session, _ context.Context, _ []types.Datum) (types.Datum, error) { return value(s), nil }
	}
	m["inet_client_addr"] = of(func(s *Session) types.Datum { return address(s.client.ClientAddr) })
	m["inet_client_port"] = of(func(s *Session) types.Datum { return portNumber(s.client.ClientPort) })
	m["inet_server_addr"] = of(func(s *Session) types.Datum { return address(s.client.ServerAddr) })
	m["inet_server_port"] = of(func(s *Session) types.Datum { return portNumber(s.client.ServerPort) })
	m["pg_postmaster_start_time"] = of(func(s *Session) types.Datum { return timestamp(s.srv.started) })
	m["pg_conf_load_time"] = m["pg_postmaster_start_time"] // the file is read at the start only
	m["current_query"] = of(func(s *Session) types.Datum { return types.NewStr(s.query) })
}

// address is a host as an inet, NULL if it is none.
func address(host string) types.Datum {
	a, err := netip.ParseAddr(host)
	if err != nil {
		return types.Null
	}
	a = a.Unmap().WithZone("")
	return types.NewRef(types.Inet{Addr: a, Bits: a.BitLen()})
}

func portNumber(port string) types.Datum {
	n, err := strconv.Atoi(port)
	if err != nil {
		return types.Null
	}
	return types.NewInt(int64(n))
}
