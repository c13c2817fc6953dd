-- The owner makes tables (migrations), and after them says what the runtime role and the worker may do with each.
ALTER SCHEMA public OWNER TO :"owner";
REVOKE ALL ON SCHEMA public FROM PUBLIC;
