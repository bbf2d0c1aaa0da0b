//! The conformance suite of the catalog: every case runs on SQLite and on a PostgreSQL that the tests start.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    missing_docs,
    reason = "tests"
)]

mod concurrency;
mod cost;
mod crash;
mod keys;
mod ledger;
mod open;
mod outbox;
mod resources;
mod state;
mod support;
mod tamper;
mod watch;

/// Makes of every case one test per database.
macro_rules! conformance {
    ($($module:ident::$case:ident),* $(,)?) => {
        mod sqlite {
            use crate::support::Fixture;
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $case() {
                crate::$module::$case(Fixture::sqlite().await).await;
            })*
        }
        mod postgres {
            use crate::support::Fixture;
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $case() {
                if let Some(fixture) = Fixture::postgres().await {
                    crate::$module::$case(fixture).await;
                }
            })*
        }
    };
}

conformance! {
    open::reopened_catalogs_have_what_was_written,
    open::many_open_a_new_catalog_at_once,
    open::a_newer_schema_is_refused,
    open::a_changed_migration_is_refused,
    open::health_and_close,
    resources::a_life,
    resources::revisions_are_expected,
    resources::pages_are_in_the_order_of_bytes,
    resources::sets_are_all_or_nothing,
    resources::what_cannot_be_stored_is_refused,
    resources::any_json_comes_back,
    resources::times_are_kept_to_the_microsecond,
    ledger::every_change_has_its_entry,
    ledger::notes_are_entries_without_revision,
    ledger::long_ledgers_verify_over_pages,
    ledger::an_empty_ledger_is_intact,
    tamper::edited_fields_are_found,
    tamper::rewritten_entries_are_found,
    tamper::missing_entries_are_found,
    tamper::reordered_entries_are_found,
    tamper::forks_are_found,
    tamper::a_cut_end_is_found,
    tamper::a_cut_end_with_its_head_needs_a_known_head,
    tamper::edited_contents_are_found,
    tamper::problems_are_bounded,
    outbox::rows_come_in_order_until_done,
    outbox::a_clock_that_jumps_back_keeps_the_order,
    outbox::trimming_bounds_it,
    state::compare_and_set,
    state::deletions_compare_too,
    state::lists_by_prefix,
    state::bounds,
    watch::a_step_is_saved_as_a_whole,
    watch::incidents_are_found,
    watch::notices_keep_their_order,
    watch::notices_are_tried_again_and_given_up,
    watch::what_targets_forget_is_sent_again,
    watch::a_slow_target_does_not_keep_all_senders_busy,
    watch::two_senders_never_have_the_same_notice,
    keys::a_key_lives_and_ends,
    keys::strangers_are_refused,
    keys::last_use_is_noted_once_a_minute,
    keys::an_id_belongs_to_one_tenant,
    keys::the_secret_is_nowhere,
    concurrency::eight_writers_keep_one_chain,
    concurrency::compare_and_set_loses_no_update,
    concurrency::sets_over_the_same_tenants_do_not_block_each_other,
    concurrency::a_change_dropped_anywhere_leaves_all_or_nothing,
    crash::a_killed_writer_loses_nothing_acknowledged,
    cost::of_an_entry,
}
