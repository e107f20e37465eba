package demo

// Fault is one thing that is wrong on the site, on purpose.
type Fault struct {
	Name   string // what kind of fault, in snake case
	Path   string // where it shows, as in a request line (percent-encoded)
	On     string // path of a page that leads there; "" where only the sitemap does
	Status int    // of the answer to Path
	What   string // what is wrong, in a sentence
}

// Faults lists what is wrong on the site, in the order in which a visitor would
// come across it.
func Faults() []Fault {
	return []Fault{
		{"not_found", "/shop/brass-astrolabe", "/shop/", 404, "The shop links a product that does not exist."},
		{"server_error", "/shop/stock", "/shop/", 500, "The list of stock fails on the server."},
		{"robots_blocked", "/staff/stock-list", "/shop/", 200, "A public page links into a folder that robots.txt forbids."},
		{"redirect", "/about-us", "/partners", 301, "A link leads to a page's old address."},
		{"redirect_chain", "/go/summer-sale", "/", 301, "Three redirects behind each other lead to the shop."},
		{"redirect_loop", "/go/ping", "/docs/", 302, "Two redirects lead to each other."},
		{"redirect_to_error", "/go/catalogue", "/shop/", 301, "A redirect leads to a file that is gone (404)."},
		{"meta_refresh", "/news", "/", 200, "A page sends its visitors on by a meta refresh."},
		{"slow_page", "/journal/live-buoy", "/journal/", 200, "The first byte takes one and a half seconds."},
		{"missing_title", "/docs/notes", "/docs/", 200, "The page has no title, no description and no language."},
		{"missing_description", "/contact", "/", 200, "The page has no description."},
		{"missing_h1", "/contact", "/", 200, "The page has no h1."},
		{"multiple_h1", "/docs/faq", "/docs/", 200, "The page has two h1, and skips from h1 to h3."},
		{"duplicate_title", "/shop/tide-clock-brass", "/shop/", 200, "Two products have the same title; the other is /shop/tide-clock."},
		{"huge_title", "/journal/long-title", "/journal/", 200, "The title has almost three hundred characters."},
		{"missing_alt", "/journal/gallery", "/journal/", 200, "Two of five images have no alt."},
		{"broken_image", "/img/compass-rose.webp", "/journal/gallery", 404, "An image does not exist."},
		{"noindex", "/search", "/", 200, "A page linked from every page asks not to be indexed (meta robots)."},
		{"noindex_header", "/docs/draft", "/docs/faq", 200, "A page asks not to be indexed, by X-Robots-Tag."},
		{"canonical_elsewhere", "/shop/barometer-print", "/shop/barometer", 200, "The page names another as its canonical one."},
		{"mixed_nofollow", "/partners", "/", 200, "The front page links it with nofollow, /about without."},
		{"broken_fragment", "/docs/calibration", "/docs/install", 200, "A link points to #zero-point, which is not on the page."},
		{"deep_page", "/journal/archive/2020", "/journal/archive/2021", 200, "The page is seven clicks from the front page."},
		{"thin_page", "/shop/gift-card", "/shop/", 200, "The page says next to nothing."},
		{"soft_404", "/shop/old-lead-line", "/shop/hand-lead", 200, "The page says that it was not found, with status 200."},
		{"near_duplicate", "/docs/mooring-shallow", "/docs/", 200, "The page differs from /docs/mooring in a few words."},
		{"duplicate_content", "/press/press/", "/press/", 200, "The same page answers in every folder of a growing path."},
		{"growing_path", "/press/press/press/", "/press/press/", 200, "A relative link without its slash leads ever deeper."},
		{"calendar_trap", "/events/2027-12", "/events/2027-11", 200, "A calendar offers month after month with nothing in them."},
		{"hreflang_no_return", "/fr/a-propos", "/about", 200, "/de/über-uns names it as its French version, and is not named by it."},
		{"unicode_url", "/de/%C3%BCber-uns", "/about", 200, "No fault, but a URL that must be percent-encoded in UTF-8."},
		{"latin1_page", "/de/seegang", "/de/%C3%BCber-uns", 200, "No fault, but a page in ISO 8859-1."},
		{"broken_structured_data", "/shop/rain-gauge", "/shop/", 200, "The JSON-LD of the product is not JSON."},
		{"wrong_type", "/docs/print", "/docs/faq", 200, "HTML is sent as text/plain."},
		{"malformed_link", "/contact", "/", 200, "A link's address is no URL: http://[tidemark."},
		{"sitemap_dead", "/shop/retired-sextant", "", 410, "The sitemap lists a page that is gone."},
		{"sitemap_orphan", "/journal/unlisted", "", 200, "The sitemap lists a page that no page links to."},
	}
}
