// Package pipeline joins the stages of a run for everyone who starts one: crawl,
// probe, close, analyse. It is the only package that knows both the crawler and the store.
package pipeline
