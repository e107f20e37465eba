// Package sonde is the vocabulary of Sonde: the words that every other package
// speaks, and the pure rules that belong to them. It imports nothing but the
// standard library and does no input or output.
//
// The words, in the order in which a crawl meets them:
//
//   - A [Site] is a registered crawl target with its [Policy]: where it starts
//     ([Site.Seeds]), how far it reaches ([Scope]) and how politely it goes.
//   - A [Run] is one pass over a site.
//   - The frontier hands out one [Target] after the other.
//   - A [Visit] is all that one target gave: a [Fetch] (the HTTP part), a [Page]
//     (the HTML part), its [Link] values, and the targets it found. Every visit
//     ends in one [Outcome]; where no answer came a [Failure] says why, and where
//     nothing was asked a [Reason] says why not.
//   - A [HostMemory] is what Sonde remembers of a host between runs: its
//     robots.txt and its pace.
//
// A failed attempt is a visit like any other, never a Go error: an error means
// that Sonde could not do its own job.
package sonde
