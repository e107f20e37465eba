// Package crawler makes one run over one site: it takes targets from a frontier,
// visits them politely, and gives every visit back. It knows no SQL; who keeps the
// frontier and the memory of hosts implements [Frontier] and [Memory].
//
// The way of one target, and the file that walks it:
//
//	Frontier.Next    one dispatcher, a goroutine for each target out   crawl.go
//	scope            is it still ours to ask for?                      scope.go
//	robots           what robots.txt says, one fetch per origin        robots.go
//	revalidate       on a condition, and what a 304 does not tell      revalidate.go
//	gate, slot, fetch  one request at a time, retried while it helps   ask.go
//	outcome          what the answer means                             outcome.go, blocked.go, portal.go
//	redirect         where it points, loops, limits                    redirect.go
//	read             decode and read pages                             read.go
//	sitemaps         the files that list URLs                          sitemaps.go
//	not found        what a place says of pages that nobody made       notfound.go
//	found            the targets that links lead to                    found.go, trap.go
//	Frontier.Done    the visit, whole                                  visit.go
//
// Waiting (for robots.txt, at the gate, before a retry) costs a goroutine and no
// more: one of Policy.Concurrency slots is held only while a request is on its way,
// so that reading a page keeps no request from being made.
//
// A run ends when the frontier is empty, when a limit of the policy is met
// (limits.go), or when its context ends. Then no new request begins; those on
// their way are given some time and recorded. A target that was not visited is not
// Done and stays pending.
//
// The packages below do one thing each and know nothing of the loop: weburl,
// robots, sitemap and markup read what strangers write, gate holds the pace, fetch
// makes one request.
package crawler
