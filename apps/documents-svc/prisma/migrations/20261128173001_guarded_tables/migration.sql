SELECT guard_tenants('statement_sets', worker => true);
SELECT guard_tenants('documents');
SELECT guard_tenants('statements');
SELECT guard_tenants('stored_objects', worker => true);
