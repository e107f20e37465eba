package main

import "github.com/spf13/cobra"

func newExportCommand(a *app) *cobra.Command { return &cobra.Command{Use: "export"} }
