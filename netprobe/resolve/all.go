package resolve

import (
	"context"
	"iter"
	"sync"

	"sonde"
)

// asking is a question on its way.
type asking struct {
	question Question
	answer   sonde.DNSAnswer
	ready    chan struct{} // closed when answer stands
}

// All asks many questions, atOnce of them at a time, and gives the answers to each in
// the order of the questions. It ends early with the error of each, or of ctx.
func (r *Resolver) All(ctx context.Context, questions iter.Seq[Question], atOnce int, each func(sonde.DNSAnswer) error) error {
	ctx, cancel := context.WithCancel(ctx)
	var asked sync.WaitGroup
	defer asked.Wait()
	defer cancel()
	line := make(chan *asking, 4*atOnce) // in the order of the questions
	jobs := make(chan *asking)
	asked.Go(func() {
		defer close(line)
		defer close(jobs)
		for q := range questions {
			if !enqueue(ctx, &asking{question: q, ready: make(chan struct{})}, line, jobs) {
				return
			}
		}
	})
	for range atOnce {
		asked.Go(func() {
			for job := range jobs {
				job.answer = r.Ask(ctx, job.question)
				close(job.ready)
			}
		})
	}
	for job := range line {
		select {
		case <-job.ready:
		case <-ctx.Done():
			return ctx.Err()
		}
		if err := each(job.answer); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// enqueue puts a question in line and hands it out. It reports whether there is still
// time.
func enqueue(ctx context.Context, job *asking, line, jobs chan<- *asking) bool {
	for _, to := range []chan<- *asking{line, jobs} {
		select {
		case to <- job:
		case <-ctx.Done():
			return false
		}
	}
	return true
}
