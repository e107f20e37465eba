-- title: The page says that it is not there, and answers 200
-- severity: high
-- subject: page
-- why: Search engines keep it, and show people a page that is none.
-- fix: Answer 404 or 410 for what is not there.
-- threshold: words 150 words
-- threshold: bits 3 bits of 64
SELECT p.url_id AS subject, json_object('title', substr(p.title, 1, 200), 'words', p.word_count, 'by',
  iif(ro.not_found_status = 200 AND hamming(p.simhash, ro.not_found_simhash) <= :bits, 'it looks like the answer for a page that nobody made', 'it says so')) AS evidence
FROM temp.page p
LEFT JOIN main._run_origins ro ON ro.run_id = :run AND ro.origin_id = p.origin_id
WHERE p.found_by <> 'seed' AND (
  ro.not_found_status = 200 AND ro.not_found_word_count > 0 AND p.word_count > 0 AND hamming(p.simhash, ro.not_found_simhash) <= :bits
  OR p.word_count < :words AND (says_not_found(p.title) OR says_not_found(p.h1)));
