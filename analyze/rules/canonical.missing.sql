-- title: The page names no canonical URL
-- severity: low
-- subject: page
-- why: Where a page can be reached by several addresses, search engines choose one by themselves.
-- fix: Add a link element with rel="canonical" that names the address of the page.
SELECT p.url_id AS subject
FROM temp.page p
WHERE p.idx AND p.canonical_id IS NULL AND p.canonicals IS NULL;
