//! What is recognised, what is not, and how often.

mod exact;
mod null;
mod planted;
mod real;
