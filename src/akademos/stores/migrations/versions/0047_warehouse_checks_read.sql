-- The catalogue shows what the builds of the warehouse found.
GRANT SELECT ON akademos.warehouse_checks TO akademos_serving;
