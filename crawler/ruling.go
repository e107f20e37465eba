package crawler

import (
	"context"
	"sync"

	"sonde"
	"sonde/crawler/robots"
	"sonde/crawler/weburl"
)

// Ruling is what robots.txt says of one URL to one robot.
type Ruling struct {
	robots.Decision
	Status  int           // that robots.txt answered with; 0: it did not answer
	Failure sonde.Failure // why it did not
	Reason  sonde.Reason  // RobotsUnreachable, where nothing is allowed because it could not be read
	Detail  string        // of that, in words
}

// Rulings asks the robots.txt of each seed of a site, as a run of it would, and
// tells what it says of the seed to the robot with the product token; "" is a robot
// that no file names. Nothing else is asked for. The error is for what cannot be
// asked: a policy that cannot be followed, or ctx has ended.
func Rulings(ctx context.Context, config Config, token string) ([]Ruling, error) {
	c, err := New(config)
	if err != nil {
		return nil, err
	}
	defer c.fetcher.Close()
	c.robots.token = token
	ctx, c.stop = context.WithCancelCause(ctx)
	defer c.stop(nil)
	c.authoriseSeeds(ctx)
	rulings := make([]Ruling, len(c.site.Seeds))
	var all sync.WaitGroup
	for i, seed := range c.site.Seeds {
		all.Go(func() {
			var err error
			if rulings[i], err = c.ruling(ctx, seed); err != nil {
				c.stop(err)
			}
		})
	}
	all.Wait()
	return rulings, context.Cause(ctx)
}

func (c *Crawler) ruling(ctx context.Context, url string) (Ruling, error) {
	o, err := c.robots.of(ctx, weburl.Origin(url))
	if err != nil {
		return Ruling{}, err
	}
	return Ruling{
		Decision: o.rules.Decide(url),
		Status:   o.file.Status,
		Failure:  o.file.Failure,
		Reason:   o.reason,
		Detail:   clean(o.detail),
	}, nil
}
