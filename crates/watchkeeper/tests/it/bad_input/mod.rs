//! Bad input: what is wrong is said with file, place and what was expected, and nothing panics.

mod columns;
mod files;
mod large;
mod requests;
mod sides;
mod text_files;
mod times;
mod types;
mod values;
