//! The room on both databases, against the simulated HIS over real HTTP.

mod clock;
mod company;
mod desk;
mod hospital;
mod orders;
mod patient;
mod prescribe;
