-- Ids are packed in another way, by which far fewer broken fragments pass on pages with
-- very many ids. Which ones the pages that were read before have is not known: it is
-- learned anew as they change.
UPDATE _facts SET fragments = NULL WHERE fragments IS NOT NULL;
