//! Models that learn at run time from cases.
