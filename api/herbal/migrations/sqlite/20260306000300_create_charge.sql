-- What a patient was charged for a prescription, in fen, and the catalogue whose prices held that day.
CREATE TABLE herbal_charge (
    prescription_id BLOB PRIMARY KEY REFERENCES prescription (id),
    doses INTEGER NOT NULL CHECK (doses > 0),
    pieces_fen INTEGER NOT NULL CHECK (pieces_fen >= 0),
    decoction_fen INTEGER NOT NULL CHECK (decoction_fen >= 0),
    delivery_fen INTEGER NOT NULL CHECK (delivery_fen >= 0),
    price_version INTEGER NOT NULL,
    charged_at TEXT NOT NULL
) STRICT;
