//! Bad input: what is wrong is said with file, place and what was expected, and nothing panics.

mod columns;
mod files;
mod large;
mod sides;
mod times;
mod types;
mod requests;
mod text_files;
mod values;
