-- Where the difference of a load went, as it was when its day was closed; null where the day was closed before that was noted.
ALTER TABLE akademos.warehouse_loads ADD COLUMN causes jsonb;
