-- A batch of an import is counted after its rows came: by minutes, or by days where the import died in between.
ALTER TABLE akademos.receipts ADD COLUMN counted_at timestamptz;
CREATE INDEX receipts_counted ON akademos.receipts (counted_at) WHERE counted_at IS NOT NULL;
