//go:build unix && !linux

package main

import (
	"context"
	"errors"
)

func (b *bench) identify(context.Context) error {
	return errors.New("its servers are Debian packages: it runs on Linux alone")
}
