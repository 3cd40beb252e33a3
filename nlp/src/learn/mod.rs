//! Models that learn at run time from labelled dialogues.
