-- One row for each hospital, company and month: whoever writes orders or closes the month locks it first.
CREATE TABLE herbal_settlement_period (
    institution TEXT NOT NULL,
    company TEXT NOT NULL,
    month TEXT NOT NULL,
    -- Both sides are agreed, or about to be: later changes of its orders belong into the next month.
    closed BOOLEAN NOT NULL,
    -- Grows with every order written.
    written BIGINT NOT NULL,
    PRIMARY KEY (institution, company, month)
);

-- What the order service said of an order last, over all months. Money in fen.
CREATE TABLE herbal_settlement_order (
    order_number TEXT PRIMARY KEY,
    doses BIGINT NOT NULL,
    pieces_fen BIGINT NOT NULL,
    decoction_fen BIGINT NOT NULL,
    delivery_fen BIGINT NOT NULL,
    refunded_fen BIGINT NOT NULL,
    -- Nothing goes back that was not paid.
    CHECK (doses >= 0 AND pieces_fen >= 0 AND decoction_fen >= 0 AND delivery_fen >= 0 AND refunded_fen >= 0
        AND refunded_fen <= pieces_fen + decoction_fen + delivery_fen)
);

-- What of an order is billed in a month; a refund after its month was closed stands in a later one.
CREATE TABLE herbal_settlement_line (
    order_number TEXT NOT NULL REFERENCES herbal_settlement_order (order_number),
    month TEXT NOT NULL,
    prescription TEXT NOT NULL,
    institution TEXT NOT NULL,
    company TEXT NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    doses BIGINT NOT NULL,
    pieces_fen BIGINT NOT NULL,
    decoction_fen BIGINT NOT NULL,
    delivery_fen BIGINT NOT NULL,
    refunded_fen BIGINT NOT NULL,
    price_version BIGINT,
    PRIMARY KEY (order_number, month)
);
CREATE INDEX herbal_settlement_line_by_month ON herbal_settlement_line (company, month, institution);
CREATE INDEX herbal_settlement_line_by_prescription ON herbal_settlement_line (company, prescription, month, institution);

CREATE TABLE herbal_statement (
    id UUID PRIMARY KEY,
    institution TEXT NOT NULL,
    company TEXT NOT NULL,
    month TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('differing', 'matched', 'half_confirmed', 'confirmed', 'sending', 'sent',
        'invoiced', 'written_off', 'approved', 'paid')),
    version BIGINT NOT NULL,
    upload BIGINT NOT NULL,
    n_billed BIGINT NOT NULL,
    billed_fen BIGINT NOT NULL,
    n_own BIGINT NOT NULL,
    own_fen BIGINT NOT NULL,
    n_matched BIGINT NOT NULL,
    matched_fen BIGINT NOT NULL,
    n_differing BIGINT NOT NULL,
    institution_confirmed_at TIMESTAMPTZ,
    company_confirmed_at TIMESTAMPTZ,
    receipt TEXT,
    fault TEXT,
    payment_reference TEXT,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    UNIQUE (institution, company, month),
    -- Nobody is paid for what does not agree.
    CHECK (state = 'differing' OR (n_differing = 0 AND billed_fen = own_fen AND billed_fen = matched_fen)),
    CHECK (state NOT IN ('confirmed', 'sending', 'sent', 'invoiced', 'written_off', 'approved', 'paid')
        OR (institution_confirmed_at IS NOT NULL AND company_confirmed_at IS NOT NULL)),
    CHECK (state NOT IN ('sent', 'invoiced', 'written_off', 'approved', 'paid') OR receipt IS NOT NULL),
    CHECK ((state = 'paid') = (payment_reference IS NOT NULL))
);
-- One payment settles one statement.
CREATE UNIQUE INDEX herbal_statement_by_payment ON herbal_statement (payment_reference);

CREATE TABLE herbal_statement_upload (
    statement UUID NOT NULL REFERENCES herbal_statement (id),
    number BIGINT NOT NULL,
    file_name TEXT NOT NULL,
    sm3 TEXT NOT NULL,
    side TEXT NOT NULL,
    uploaded_by UUID NOT NULL,
    uploaded_at TIMESTAMPTZ NOT NULL,
    n_lines BIGINT NOT NULL,
    PRIMARY KEY (statement, number)
);

-- The lines of every upload, as they came.
CREATE TABLE herbal_statement_line (
    statement UUID NOT NULL,
    upload BIGINT NOT NULL,
    line BIGINT NOT NULL,
    prescription TEXT NOT NULL,
    order_number TEXT NOT NULL,
    doses BIGINT NOT NULL,
    pieces_fen BIGINT NOT NULL,
    decoction_fen BIGINT NOT NULL,
    delivery_fen BIGINT NOT NULL,
    refunded_fen BIGINT NOT NULL,
    price_version BIGINT,
    PRIMARY KEY (statement, upload, line),
    FOREIGN KEY (statement, upload) REFERENCES herbal_statement_upload (statement, number)
);

-- What differs now; found anew by every comparison. The two sides as they stood, in JSON.
CREATE TABLE herbal_statement_difference (
    statement UUID NOT NULL REFERENCES herbal_statement (id),
    position BIGINT NOT NULL,
    prescription TEXT NOT NULL,
    -- With a blank before, between and behind.
    kinds TEXT NOT NULL,
    billed TEXT,
    own TEXT,
    is_elsewhere BOOLEAN NOT NULL,
    PRIMARY KEY (statement, position)
);

-- What a company changed of its orders so that they agree; never taken out.
CREATE TABLE herbal_settlement_correction (
    id UUID PRIMARY KEY,
    statement UUID NOT NULL REFERENCES herbal_statement (id),
    order_number TEXT NOT NULL,
    before TEXT NOT NULL,
    after TEXT NOT NULL,
    reason TEXT NOT NULL,
    corrected_by UUID NOT NULL,
    corrected_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX herbal_settlement_correction_by_statement ON herbal_settlement_correction (statement, corrected_at);

-- An invoice is settled once.
CREATE TABLE herbal_statement_invoice (
    number TEXT PRIMARY KEY,
    statement UUID NOT NULL REFERENCES herbal_statement (id),
    amount_fen BIGINT NOT NULL CHECK (amount_fen > 0)
);
CREATE INDEX herbal_statement_invoice_by_statement ON herbal_statement_invoice (statement);

-- The way of a statement, step by step.
CREATE TABLE herbal_statement_event (
    statement UUID NOT NULL REFERENCES herbal_statement (id),
    version BIGINT NOT NULL,
    event TEXT NOT NULL,
    state TEXT NOT NULL,
    side TEXT NOT NULL,
    actor TEXT NOT NULL,
    note TEXT NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (statement, version)
);
