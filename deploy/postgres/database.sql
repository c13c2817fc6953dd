-- One service's roles and database. Run by psql, as a superuser or any role that may make roles and databases, in the
-- database postgres; access.sql follows, in the new database.
CREATE ROLE :"owner" LOGIN PASSWORD :'owner_password';
CREATE ROLE :"runtime" LOGIN PASSWORD :'runtime_password';
CREATE ROLE :"worker" LOGIN PASSWORD :'worker_password';
-- Whoever runs this has to be a member of the owner, unless it is a superuser.
GRANT :"owner" TO CURRENT_USER;
CREATE DATABASE :"database" OWNER :"owner";
-- Everybody may open every database unless told otherwise.
REVOKE ALL ON DATABASE :"database" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"database" TO :"runtime", :"worker";
