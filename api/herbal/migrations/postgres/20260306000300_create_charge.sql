-- What a patient was charged for a prescription, in fen, and the catalogue whose prices held that day.
CREATE TABLE herbal_charge (
    prescription_id UUID PRIMARY KEY REFERENCES prescription (id),
    doses BIGINT NOT NULL CHECK (doses > 0),
    pieces_fen BIGINT NOT NULL CHECK (pieces_fen >= 0),
    decoction_fen BIGINT NOT NULL CHECK (decoction_fen >= 0),
    delivery_fen BIGINT NOT NULL CHECK (delivery_fen >= 0),
    price_version BIGINT NOT NULL,
    charged_at TIMESTAMPTZ NOT NULL
);
