//! The columns of the table: what each cell makes.

/// Makes the tests of one row. Every column must be there, with what the subject is held to or why it cannot be.
///
/// # Shape
/// `NAME: SUBJECT, ready: is_of_what_is_inside, is_always or is_of_others, failure: is_passed_on or is_answered, tunnels: are_counted, are_counted_but_connect or are_not;`
/// where `- "…"` says why a cell does not apply. Its test is then there all the same, and prints the reason.
macro_rules! contract {
    ($($name:ident: $subject:expr,
        ready: $ready:ident $(- $always:literal)?,
        failure: $failure:ident $(- $unfailing:literal)?,
        tunnels: $tunnels:ident $(- $untunnelled:literal)?;)*) => {$(
        mod $name {
            use super::*;

            cells!($subject, ends: every);
            cells!($subject, wakes: quiet);
            cells!($subject, ready: $ready $($always)?);
            cells!($subject, failure: $failure $($unfailing)?);
            cells!($subject, tunnels: $tunnels $($untunnelled)?);
        }
    )*};
}

/// Makes the tests of one column.
macro_rules! cells {
    ($subject:expr, ends: every) => {
        cells! { $subject, ends =>
            dropped_before_its_first_poll_releases_once
            cancelled_before_the_head_releases_once
            cancelled_after_the_head_releases_once
            cancelled_mid_body_releases_once
            read_to_its_end_releases_once_before_it_is_dropped
            failed_mid_body_releases_once_before_it_is_dropped
        }
    };
    ($subject:expr, wakes: quiet) => {
        cells! { $subject, wakes =>
            who_waits_for_the_head_is_woken_by_it_and_by_nothing_else
            who_waits_for_the_body_is_woken_by_it_and_by_nothing_else
        }
    };
    ($subject:expr, ready: is_of_what_is_inside) => {
        cells! { $subject, readiness =>
            the_service_that_was_polled_is_called
            a_clone_in_between_takes_no_readiness_along
            replaced_by_its_clone_the_ready_one_is_called
            readiness_is_that_of_what_is_inside
            an_error_of_readiness_is_passed_on
            who_waits_for_readiness_is_woken_by_it_and_by_nothing_else
        }
    };
    ($subject:expr, ready: is_always $why:literal) => {
        cells! { $subject, readiness =>
            it_is_always_ready
            a_clone_in_between_takes_no_readiness_along
            replaced_by_its_clone_the_ready_one_is_called
        }
        cells! { $why =>
            readiness_is_that_of_what_is_inside
            an_error_of_readiness_is_passed_on
            who_waits_for_readiness_is_woken_by_it_and_by_nothing_else
        }
    };
    ($subject:expr, ready: is_of_others $why:literal) => {
        cells! { $subject, readiness =>
            a_clone_in_between_takes_no_readiness_along
            replaced_by_its_clone_the_ready_one_is_called
        }
        cells! { $why =>
            it_is_always_ready
            readiness_is_that_of_what_is_inside
            an_error_of_readiness_is_passed_on
            who_waits_for_readiness_is_woken_by_it_and_by_nothing_else
        }
    };
    ($subject:expr, failure: is_passed_on) => {
        cells! { $subject, ends => failed_before_the_head_releases_once }
    };
    ($subject:expr, failure: is_answered $why:literal) => {
        cells! { $subject, ends => answered_for_what_failed_releases_once }
        cells! { $why => failed_before_the_head_releases_once }
    };
    ($subject:expr, tunnels: are_counted) => {
        cells! { $subject, tunnels =>
            a_websocket_counts_until_its_io_closes
            a_connect_counts_until_its_io_closes
        }
    };
    ($subject:expr, tunnels: are_counted_but_connect $why:literal) => {
        cells! { $subject, tunnels => a_websocket_counts_until_its_io_closes }
        cells! { $why => a_connect_counts_until_its_io_closes }
    };
    ($subject:expr, tunnels: are_not $why:literal) => {
        cells! { $why =>
            a_websocket_counts_until_its_io_closes
            a_connect_counts_until_its_io_closes
        }
    };
    ($subject:expr, $group:ident => $($property:ident)*) => {$(
        #[tokio::test(start_paused = true)]
        async fn $property() {
            $crate::contract::patience::within_reason(async {
                $crate::contract::properties::$group::$property($subject.await).await;
            })
            .await;
        }
    )*};
    ($why:literal => $($property:ident)*) => {$(
        #[test]
        fn $property() {
            println!("skipped: {} does not apply: {}", module_path!(), $why);
        }
    )*};
}

pub(super) use {cells, contract};
