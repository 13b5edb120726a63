-- Money -----------------------------------------------------------------------------------------------------------------

-- Every load of money rows, also one that brought nothing new: rows by verdict, and the order-independent checksums of what
-- was meant to be kept and of what was read back afterwards.
CREATE TABLE akademos.money_loads (
    tenant_id text NOT NULL REFERENCES akademos.tenants,
    load_id bigint GENERATED ALWAYS AS IDENTITY,
    kind text NOT NULL CHECK (kind IN ('charges', 'metering', 'terms', 'rates', 'transactions', 'settlements', 'balances')),
    name text NOT NULL,
    content_sha256 text NOT NULL,
    bytes bigint NOT NULL,
    received bigint NOT NULL,
    accepted bigint NOT NULL,
    duplicate bigint NOT NULL,
    rejected bigint NOT NULL,
    codes jsonb NOT NULL,
    meant_checksum text NOT NULL,
    kept_checksum text NOT NULL,
    seconds double precision NOT NULL,
    loaded_at timestamptz NOT NULL,
    loaded_by text NOT NULL,
    PRIMARY KEY (tenant_id, load_id),
    CHECK (received = accepted + duplicate + rejected)
);
CREATE INDEX money_loads_by_content ON akademos.money_loads (tenant_id, kind, content_sha256);

-- Prices, discounts, chargeback rules, cost centres, fees, limits: as declared, change by change.
CREATE TABLE akademos.money_terms (
    tenant_id text NOT NULL,
    row_id bytea NOT NULL,
    load_id bigint NOT NULL,
    line bigint NOT NULL,
    kind text NOT NULL,
    key text NOT NULL,
    valid_from timestamptz NOT NULL,
    ended boolean NOT NULL,
    body jsonb NOT NULL,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, row_id)
);

-- Charges of bills (FOCUS) and of the platform's own metering; corrections are rows of their own.
CREATE TABLE akademos.billing_charges (
    tenant_id text NOT NULL,
    row_id bytea NOT NULL,
    load_id bigint NOT NULL,
    line bigint NOT NULL,
    provider text NOT NULL,
    billing_account text NOT NULL,
    period_start date NOT NULL,
    period_end date NOT NULL,
    charge_start timestamptz NOT NULL,
    charge_end timestamptz NOT NULL,
    currency text NOT NULL,
    service text NOT NULL,
    service_category text NOT NULL,
    resource text,
    region text,
    tags jsonb NOT NULL,
    category text NOT NULL,
    correction boolean NOT NULL,
    billed numeric(38, 18) NOT NULL,
    effective numeric(38, 18) NOT NULL,
    listed numeric(38, 18),
    quantity numeric(38, 18),
    unit text,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, row_id),
    CHECK (period_end > period_start AND charge_end > charge_start)
);
CREATE INDEX billing_charges_by_load ON akademos.billing_charges (tenant_id, load_id);
CREATE INDEX billing_charges_by_bill ON akademos.billing_charges (tenant_id, billing_account, period_start);

CREATE TABLE akademos.exchange_rates (
    tenant_id text NOT NULL,
    row_id bytea NOT NULL,
    load_id bigint NOT NULL,
    line bigint NOT NULL,
    base text NOT NULL,
    quote text NOT NULL,
    rated_on date NOT NULL,
    rate numeric(38, 18) NOT NULL CHECK (rate > 0),
    source text NOT NULL,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, row_id)
);

-- Payments as the law has them kept. The customer stands here by audit name only (an HMAC under the person's data key): with
-- the key destroyed nobody can tell any more whose payment it was, and the row stays.
CREATE TABLE akademos.transactions (
    tenant_id text NOT NULL,
    row_id bytea NOT NULL,
    load_id bigint NOT NULL,
    line bigint NOT NULL,
    content_hash bytea NOT NULL,
    reference text NOT NULL,
    merchant text NOT NULL,
    account text NOT NULL,
    channel text NOT NULL,
    product text NOT NULL,
    course_id text,
    kind text NOT NULL CHECK (kind IN ('enrolment', 'subscription', 'certification_fee', 'refund', 'chargeback', 'adjustment')),
    amount numeric(38, 4) NOT NULL CHECK (CASE kind WHEN 'adjustment' THEN amount <> 0 WHEN 'refund' THEN amount < 0
        WHEN 'chargeback' THEN amount < 0 ELSE amount > 0 END),
    currency text NOT NULL,
    posted_at timestamptz NOT NULL,
    related text,
    subject bytea,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, row_id)
);
CREATE INDEX transactions_by_load ON akademos.transactions (tenant_id, load_id);
CREATE UNIQUE INDEX transactions_by_reference ON akademos.transactions (tenant_id, merchant, reference);
CREATE INDEX transactions_by_subject ON akademos.transactions (tenant_id, subject) WHERE subject IS NOT NULL;

-- Lines of settlements: what a payment provider says it pays out for which transaction.
CREATE TABLE akademos.settlement_lines (
    tenant_id text NOT NULL,
    row_id bytea NOT NULL,
    load_id bigint NOT NULL,
    line bigint NOT NULL,
    batch text NOT NULL,
    merchant text NOT NULL,
    account text NOT NULL,
    reference text NOT NULL,
    settled_on date NOT NULL,
    currency text NOT NULL,
    gross numeric(38, 4) NOT NULL,
    paid_currency text NOT NULL,
    paid_gross numeric(38, 4) NOT NULL,
    fee numeric(38, 4) NOT NULL,
    net numeric(38, 4) NOT NULL,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, row_id),
    CHECK (net = paid_gross - fee)
);
CREATE INDEX settlement_lines_by_load ON akademos.settlement_lines (tenant_id, load_id);

-- What a payment provider says is not paid out yet, at the end of a day.
CREATE TABLE akademos.stated_balances (
    tenant_id text NOT NULL,
    row_id bytea NOT NULL,
    load_id bigint NOT NULL,
    line bigint NOT NULL,
    merchant text NOT NULL,
    account text NOT NULL,
    currency text NOT NULL,
    stated_on date NOT NULL,
    balance numeric(38, 4) NOT NULL,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, row_id)
);

DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['money_loads', 'money_terms', 'billing_charges', 'exchange_rates', 'transactions',
        'settlement_lines', 'stated_balances']
    LOOP
        EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE OR DELETE OR TRUNCATE ON akademos.%I FOR EACH STATEMENT '
            'EXECUTE FUNCTION akademos.refuse_change()', t || '_append_only', t);
        EXECUTE format('ALTER TABLE akademos.%I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE akademos.%I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY tenant_wall ON akademos.%I TO akademos_serving USING (tenant_id = '
            '(SELECT current_setting(''akademos.tenant'', true)))', t);
        EXECUTE format('CREATE POLICY pipeline ON akademos.%I TO akademos_pipeline USING (true) WITH CHECK (true)', t);
        EXECUTE format('GRANT SELECT, INSERT ON akademos.%I TO akademos_pipeline', t);
    END LOOP;
END $$;
-- A load's number is taken before its row is written.
GRANT USAGE ON SEQUENCE akademos.money_loads_load_id_seq TO akademos_pipeline;
-- Not the transactions: whoever asks for finance sees no person's payments.
GRANT SELECT ON akademos.money_loads, akademos.money_terms, akademos.billing_charges, akademos.exchange_rates
    TO akademos_serving;
