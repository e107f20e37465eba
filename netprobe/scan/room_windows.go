package scan

// freeDescriptors says that Windows sets no limit of its own.
func freeDescriptors() (free int, limited bool) { return 0, false }
