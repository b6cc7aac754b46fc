package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/lightsql/lightsql/sql/settings"
)

// version is the version of LightSQL, apart from the PostgreSQL version it presents to clients.
const version = "0.1.0-dev"

// newRootCommand builds the command line. Without a subcommand the server starts.
func newRootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:           "lightsql",
		Short:         "A SQL database in one binary that PostgreSQL clients use unchanged",
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          cobra.NoArgs,
	}
	start := newStartCommand()
	root.Flags().AddFlagSet(start.Flags())
	root.RunE = start.RunE
	root.AddCommand(start, newCheckCommand(), newBackupCommand(), newVersionCommand())
	return root
}

func newStartCommand() *cobra.Command {
	c := defaultConfig()
	cmd := &cobra.Command{
		Use:   "start",
		Short: "Start the server",
		Args:  cobra.NoArgs,
	}
	f := cmd.Flags()
	f.StringVar(&c.Listen, "listen", c.Listen, "address to listen on, host:port")
	f.StringVar(&c.Data, "data", c.Data, "data directory, created if missing; :memory: keeps everything in memory")
	f.StringVar(&c.File, "config", "", "configuration file: lines of name = value")
	f.StringArrayVarP(&c.set, "set", "c", nil, "set a run-time parameter: name=value")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := c.load(cmd.Flags().Changed); err != nil {
			return err
		}
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		defer stop()
		return run(ctx, c, os.Stdout, os.Stderr)
	}
	return cmd
}

func newVersionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  cobra.NoArgs,
		Run: func(cmd *cobra.Command, _ []string) {
			fmt.Fprintf(cmd.OutOrStdout(), "lightsql %s (PostgreSQL %s), %s %s/%s\n", version, settings.ServerVersion, runtime.Version(),
				runtime.GOOS, runtime.GOARCH)
		},
	}
}
