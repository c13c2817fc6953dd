-- Digits of accounts were named in flags. The account of each statement stands beside them, sealed from now on.
UPDATE statement_sets SET analysis = regexp_replace(analysis::text, 'The accounts end in [0-9, ]+', 'The statements are of different accounts', 'g')::jsonb
 WHERE analysis::text LIKE '%The accounts end in %';
UPDATE statements SET flags = regexp_replace(flags::text, 'Accounts ending in [0-9, ]+ are named', 'Several accounts are named', 'g')::jsonb
 WHERE flags::text LIKE '%Accounts ending in %';
