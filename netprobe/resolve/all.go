package resolve

import (
	"context"
	"iter"
	"sync"
	"sync/atomic"
	"time"

	"sonde"
)

// asking is a question on its way.
type asking struct {
	Question
	answer sonde.DNSAnswer
	done   atomic.Bool // answer stands

	// Of a question that is in a burst:
	question question // as the server is asked
	sent     time.Time
	message  [maxQuestion]byte
	size     int // of the message
}

// askings keeps those that are over for the next questions.
var askings = sync.Pool{New: func() any { return new(asking) }}

// mostAtOnce bounds the questions that are out at once: of the 65,536 ids most are to be
// free, so that one is found soon and hard to guess.
const mostAtOnce = 1 << 13

// All asks many questions, atOnce of them at a time, and gives the answers to each in
// the order of the questions. It ends early with the error of each, or of ctx.
//
// Where the first server is asked over UDP, each question goes out in a burst with
// others first (see burst.go), and is asked again as [Resolver.Ask] does where no whole
// reply comes in a moment.
func (r *Resolver) All(ctx context.Context, questions iter.Seq[Question], atOnce int, each func(sonde.DNSAnswer) error) error {
	atOnce = min(atOnce, mostAtOnce)
	ctx, cancel := context.WithCancel(ctx)
	var asked sync.WaitGroup
	defer asked.Wait()
	defer cancel()
	t := &table{
		resolver: r,
		seats:    make(chan struct{}, atOnce),
		line:     make(chan *asking, 4*atOnce),
		jobs:     make(chan *asking, atOnce),
		answered: make(chan struct{}, 1),
	}
	asked.Go(func() { t.seat(ctx, questions) })
	asked.Go(func() { t.serve(ctx) })
	for job := range t.line {
		for !job.done.Load() {
			select {
			case <-t.answered:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		answer := job.answer
		askings.Put(job)
		if err := each(answer); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// table is where questions sit while they are asked.
type table struct {
	resolver *Resolver
	seats    chan struct{} // one is taken by each question that is out
	line     chan *asking  // all questions, in their order
	jobs     chan *asking  // those to be asked
	answered chan struct{} // takes one: some answer stands that did not
	alone    sync.WaitGroup
}

// seat gives each question a seat, until there are no more or ctx ends.
func (t *table) seat(ctx context.Context, questions iter.Seq[Question]) {
	defer close(t.line)
	defer close(t.jobs)
	for q := range questions {
		job := askings.Get().(*asking)
		job.Question = q
		job.done.Store(false)
		select {
		case t.seats <- struct{}{}:
		case <-ctx.Done():
			return
		}
		select {
		case t.line <- job:
		case <-ctx.Done():
			return
		}
		t.jobs <- job // there is room for as many as there are seats
	}
}

// serve asks all questions, and returns when they are settled or ctx ends.
func (t *table) serve(ctx context.Context) {
	defer t.alone.Wait()
	if b := t.newBurst(); b != nil {
		b.run(ctx)
	}
	for job := range t.jobs {
		t.askAlone(ctx, job)
	}
}

// askAlone asks a question with all patience.
func (t *table) askAlone(ctx context.Context, job *asking) {
	t.alone.Go(func() {
		job.answer = t.resolver.Ask(ctx, job.Question)
		t.settle(job)
		t.tell()
	})
}

// settle ends a question whose answer stands. It is not to be touched any more.
func (t *table) settle(job *asking) {
	job.done.Store(true)
	<-t.seats
}

// tell wakes whoever waits for answers.
func (t *table) tell() {
	select {
	case t.answered <- struct{}{}:
	default:
	}
}
