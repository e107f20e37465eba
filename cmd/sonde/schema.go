package main

import "github.com/spf13/cobra"

func newSchemaCommand(a *app) *cobra.Command { return &cobra.Command{Use: "schema"} }
