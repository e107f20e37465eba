package main

import "github.com/spf13/cobra"

func newDBCommand(a *app) *cobra.Command { return &cobra.Command{Use: "db"} }
