//go:build !linux

package store

// NetworkFileSystem names the network file system that a path is on: "", because on
// this system nobody looks.
func NetworkFileSystem(string) string { return "" }
