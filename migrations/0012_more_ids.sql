-- Ten times as many ids of a page are kept. Of pages whose ids filled the room there was
-- before (the packed list begins with their number, 10,000, as a varint) it is not known
-- which others they have, until they change.

UPDATE _facts SET fragments = NULL WHERE substr(fragments, 1, 2) = x'904e';
