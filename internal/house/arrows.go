package house

import "slices"

// arrow says which of our packages a folder may import.
type arrow struct {
	dirs    []string // the folders that it holds for, exactly; "." is the root package
	trees   []string // folders that it holds for with all below them
	may     []string // packages it may import, each with all below it, "." the root package alone
	stdOnly bool     // of foreign packages only the standard library
	because string
}

// arrows is the whole layout: a package in none of them has no place.
var arrows = []arrow{
	{
		dirs: []string{"."}, stdOnly: true,
		because: "the root package is the vocabulary that all others speak, so it depends on nothing but the standard library",
	},
	{
		dirs: []string{
			"crawler", "crawler/weburl", "crawler/robots", "crawler/sitemap", "crawler/markup",
			"crawler/gate", "crawler/fetch", "crawler/extract",
		},
		may:     []string{".", "crawler"},
		because: "crawler fetches and reads pages and knows neither SQL nor who shows them; what it needs of a store it declares itself",
	},
	{
		trees: []string{"netprobe"}, may: []string{".", "netprobe"},
		because: "netprobe asks hosts questions and knows neither SQL nor HTML nor the crawler",
	},
	{
		dirs: []string{"migrations"}, stdOnly: true,
		because: "migrations is the schema as text; whoever opens a file applies it",
	},
	{
		dirs: []string{"store"}, may: []string{".", "migrations"},
		because: "store keeps visits in one file and knows not where they come from",
	},
	{
		dirs: []string{"tabular"}, stdOnly: true,
		because: "tabular writes cells and knows neither where they come from nor what they mean",
	},
	{
		dirs: []string{"accounts"}, may: []string{},
		because: "accounts keeps secrets apart from the data, so it knows nothing of it",
	},
	{
		trees: []string{"analyze"}, may: []string{".", "store", "analyze"},
		because: "analyze asks questions of what is stored and starts nothing",
	},
	{
		trees: []string{"dashboard"}, may: []string{".", "store", "analyze", "tabular", "accounts", "dashboard"},
		because: "dashboard shows what store and analyze answer and commands through an interface of its own",
	},
	{
		trees:   []string{"pipeline"},
		may:     []string{".", "crawler", "netprobe", "store", "migrations", "analyze", "dashboard", "pipeline"},
		because: "pipeline joins the stages; commands and tools stand above it",
	},
	{
		dirs: []string{"demo"}, stdOnly: true,
		because: "demo is a site like any other: it must not know who crawls it",
	},
	{
		trees:   []string{"cmd"},
		may:     []string{".", "crawler", "netprobe", "store", "migrations", "analyze", "dashboard", "pipeline", "demo", "tabular", "accounts", "cmd"},
		because: "a command wires what the other packages offer; benchmarks and test helpers are not part of it",
	},
	{
		trees: []string{"bench"}, may: []string{"bench", "internal/daemons", "internal/loopback"},
		because: "bench measures the built program from outside, as its users see it, against servers that it may start",
	},
	{
		trees:   []string{"internal"},
		may:     []string{".", "crawler", "netprobe", "store", "migrations", "analyze", "dashboard", "pipeline", "demo", "tabular", "internal"},
		because: "internal helps tests, which need no command",
	},
}

// arrowOf finds the arrow that holds for a folder.
func arrowOf(dir string) (arrow, bool) {
	i := slices.IndexFunc(arrows, func(a arrow) bool {
		return slices.Contains(a.dirs, dir) || within(dir, a.trees)
	})
	if i < 0 {
		return arrow{}, false
	}
	return arrows[i], true
}

// allows reports whether the arrow reaches the package of ours in folder target.
func (a arrow) allows(target string) bool {
	return within(target, a.may)
}

// place says in which folders or files foreign packages may be imported.
type place struct {
	packages []string // import paths, each with all below it
	only     []string // folders and files that may
	never    []string // folders that may not; all others may
	because  string
}

var places = []place{
	{
		packages: []string{"github.com/gocolly/colly"}, only: []string{"crawler/fetch/colly.go"},
		because: "colly stays behind one file, so that what it does otherwise than we want is met in one place",
	},
	{
		packages: []string{"github.com/nlnwa/whatwg-url"}, only: []string{"crawler/weburl"},
		because: "one package decides what a URL is; two would disagree",
	},
	{
		packages: []string{"github.com/labstack/echo"}, only: []string{"dashboard"},
		because: "echo serves the dashboard and nothing else",
	},
	{
		packages: []string{"modernc.org/sqlite", "zombiezen.com/go/sqlite"}, only: []string{"store", "accounts"},
		because: "only store opens the file: one writer, read-only readers and the authorizer are set up there; secrets have a file of their own",
	},
	{
		packages: []string{"github.com/PuerkitoBio/goquery"}, only: []string{"crawler/extract", "bench"},
		because: "a page is read in one pass without a DOM; only extraction rules ask for one",
	},
	{
		packages: []string{"github.com/miekg/dns"}, only: []string{"netprobe"},
		because: "only netprobe speaks DNS by itself",
	},
	{
		packages: []string{"database/sql"}, only: []string{"store", "analyze"},
		because: "SQL lives in store, analyze and migrations",
	},
	{
		packages: []string{"net/http"}, never: []string{"store", "migrations", "analyze"},
		because: "what is stored and asked of the store knows no HTTP",
	},
	{
		packages: []string{"flag", "github.com/spf13/cobra", "github.com/spf13/pflag"}, only: []string{"cmd", "bench"},
		because: "flags belong to commands; a package is told what it needs",
	},
}

// covers reports whether the place speaks of an import path.
func (p place) covers(target string) bool {
	return within(target, p.packages)
}

// admits reports whether a file may import what the place speaks of.
func (p place) admits(name string) bool {
	if len(p.only) > 0 {
		return within(name, p.only)
	}
	return !within(name, p.never)
}

// word is a set of functions that only some folders may use.
type word struct {
	names   []string // path.Name
	only    []string // folders that may
	because string
}

var words = []word{
	{
		names: []string{"os.Getenv", "os.LookupEnv", "os.Environ", "os.Setenv", "os.Exit", "log.Fatal", "log.Fatalf", "log.Fatalln"},
		only:  []string{"cmd", "bench"}, because: "the environment and the end of the process belong to commands",
	},
	{
		names: []string{"context.Background", "context.TODO"},
		only:  []string{"cmd", "bench"}, because: "a context comes from the caller, so that everything can be ended",
	},
	{
		names:   []string{"time.Sleep"},
		because: "nothing sleeps: wait on a timer and the context together",
	},
}

// emptyNames are the names of packages that say nothing of what is inside.
var emptyNames = []string{"util", "utils", "common", "types", "models", "manager", "service", "engine", "helpers", "misc"}
