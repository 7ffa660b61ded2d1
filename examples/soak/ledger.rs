//! The accounts: what the caller of each request saw, and what the access log says about it.

use std::{
    collections::BTreeMap,
    io,
    sync::{
        Arc,
        atomic::{AtomicU8, AtomicU16, Ordering},
    },
};

use crate::fate::{Drawn, Fate};

/// How a request ended for its caller.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum End {
    /// With a whole answer, whatever its status.
    Answered,
    /// With an answer whose body broke off.
    Cut,
    /// With an error, or a gRPC status other than OK.
    Failed,
    /// The caller left, or dropped the answer.
    Left,
    /// Not at all, for far too long.
    Hung,
}

impl End {
    const ALL: [Self; 5] = [
        Self::Answered,
        Self::Cut,
        Self::Failed,
        Self::Left,
        Self::Hung,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Cut => "cut",
            Self::Failed => "failed",
            Self::Left => "left",
            Self::Hung => "hung",
        }
    }
}

/// One account for each request. All of it is there from the start, so that it does not look like a leak.
#[derive(Clone)]
pub(crate) struct Ledger(Arc<[Account]>);

#[derive(Default)]
struct Account {
    /// Which end it was, from 1; 0: none yet.
    end: AtomicU8,
    /// How often there was an end, beyond the first.
    again: AtomicU8,
    /// The status that the caller saw; 0: none.
    seen: AtomicU16,
    /// How many lines the access log has.
    lines: AtomicU8,
    /// The status that they say.
    logged: AtomicU16,
}

/// What the accounts come to.
#[derive(Debug, Default)]
pub(crate) struct Sum {
    /// How many requests ended in which way.
    pub(crate) ends: BTreeMap<End, u64>,
    /// How many lines say which class of status; that of 0 is `none`.
    pub(crate) classes: BTreeMap<String, u64>,
    /// Requests that nobody saw end.
    pub(crate) open: u64,
    /// Requests that ended more than once.
    pub(crate) twice: u64,
    /// Requests without a line.
    pub(crate) unlogged: u64,
    /// Requests with more than one.
    pub(crate) logged_twice: u64,
    /// Requests whose line has another status than their caller saw.
    pub(crate) contradicted: u64,
    /// Requests with which nothing was to go wrong.
    pub(crate) sound: u64,
    /// Those of them that got their whole answer, and a good one.
    pub(crate) served: u64,
    /// Requests that got a good answer although their endpoint cannot have given one.
    pub(crate) impossible: u64,
}

impl Ledger {
    pub(crate) fn new(requests: u64) -> Self {
        Self((0..requests).map(|_| Account::default()).collect())
    }

    /// The caller's entry.
    pub(crate) fn ended(&self, number: u64, end: End, status: Option<u16>) {
        let Some(account) = self.account(number) else {
            return;
        };
        let index = End::ALL
            .iter()
            .position(|one| *one == end)
            .unwrap_or_default();
        let before = account.end.swap(index as u8 + 1, Ordering::Relaxed);
        if before > 0 {
            account.again.fetch_add(1, Ordering::Relaxed);
        }
        account
            .seen
            .store(status.unwrap_or_default(), Ordering::Relaxed);
    }

    /// An access log that makes its entries here.
    pub(crate) fn log(&self) -> impl io::Write + Send + 'static {
        Log {
            ledger: self.clone(),
            begun: Vec::new(),
        }
    }

    /// What all of it comes to, for the fates of this seed.
    pub(crate) fn sum(&self, seed: u64) -> Sum {
        let mut sum = Sum::default();
        for (number, account) in (0..).zip(&*self.0) {
            let fate = Drawn::new(seed, number).fate;
            let served = u64::from(account.is_served());
            if fate.is_sound() {
                (sum.sound, sum.served) = (sum.sound + 1, sum.served + served);
            }
            if matches!(fate, Fate::Aborted | Fate::Reset) {
                sum.impossible += served;
            }
            let end = account.end.load(Ordering::Relaxed);
            match End::ALL.get(usize::from(end).wrapping_sub(1)) {
                Some(end) => *sum.ends.entry(*end).or_default() += 1,
                None => sum.open += 1,
            }
            sum.twice += u64::from(account.again.load(Ordering::Relaxed) > 0);
            let (lines, logged) = (
                account.lines.load(Ordering::Relaxed),
                account.logged.load(Ordering::Relaxed),
            );
            sum.unlogged += u64::from(lines == 0);
            sum.logged_twice += u64::from(lines > 1);
            if lines > 0 {
                *sum.classes.entry(class(logged)).or_default() += 1;
            }
            let seen = account.seen.load(Ordering::Relaxed);
            sum.contradicted += u64::from(lines > 0 && seen > 0 && seen != logged);
        }
        sum
    }

    fn account(&self, number: u64) -> Option<&Account> {
        self.0.get(usize::try_from(number).ok()?)
    }

    fn line(&self, line: &str) {
        // Between quotes stand the request, forwarded-for, user agent and the id.
        let mut quoted = line.split('"').skip(2);
        let status = quoted
            .next()
            .and_then(|rest| rest.split_whitespace().next());
        let number = quoted.nth(4).and_then(|id| id.strip_prefix(ID));
        let account = number.and_then(|number| self.account(number.parse().ok()?));
        let (Some(account), Some(Ok(status))) = (account, status.map(str::parse)) else {
            return;
        };
        account.lines.fetch_add(1, Ordering::Relaxed);
        account.logged.store(status, Ordering::Relaxed);
    }
}

impl Account {
    fn is_served(&self) -> bool {
        let end = usize::from(self.end.load(Ordering::Relaxed));
        let seen = self.seen.load(Ordering::Relaxed);
        // By gRPC the status is not seen, but only what is good is answered.
        end.checked_sub(1).and_then(|end| End::ALL.get(end)) == Some(&End::Answered)
            && matches!(seen, 0 | 200)
    }
}

struct Log {
    ledger: Ledger,
    /// What has come of a line that has not ended.
    begun: Vec<u8>,
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.begun.extend_from_slice(bytes);
        let whole = self.begun.iter().rposition(|byte| *byte == b'\n');
        let rest = self.begun.split_off(whole.map_or(0, |last| last + 1));
        for line in self.begun.split(|byte| *byte == b'\n') {
            self.ledger.line(&String::from_utf8_lossy(line));
        }
        self.begun = rest;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// As the metrics name it.
fn class(status: u16) -> String {
    match status / 100 {
        0 => "none".to_owned(),
        class => format!("{class}xx"),
    }
}

/// What a request's id begins with; its number follows.
pub(crate) const ID: &str = "soak-";

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    const LINE: &[u8] = b"[2026-11-22T18:21:51.123Z] \"GET /echo HTTP/1.1\" 200 - 0 0 2 - \"-\" \"-\" \"soak-1\" \"http1.echo\" \"-\"\n";

    #[test]
    fn a_line_in_two_pieces_is_entered_once_under_its_number() {
        let ledger = Ledger::new(3);
        let mut log = ledger.log();
        for piece in [&LINE[..40], &LINE[40..]] {
            log.write_all(piece).expect("it takes everything");
        }
        ledger.ended(1, End::Answered, Some(200));
        let sum = ledger.sum(7);
        assert_eq!((sum.unlogged, sum.open, sum.contradicted), (2, 2, 0));
        assert_eq!(sum.classes, [("2xx".to_owned(), 1)].into());
    }

    #[test]
    fn what_is_entered_twice_or_otherwise_is_seen() {
        let ledger = Ledger::new(2);
        let mut log = ledger.log();
        log.write_all(&[LINE, LINE].concat())
            .expect("it takes everything");
        ledger.ended(1, End::Cut, Some(503));
        ledger.ended(1, End::Left, Some(503));
        let sum = ledger.sum(7);
        assert_eq!((sum.logged_twice, sum.twice, sum.contradicted), (1, 1, 1));
    }
}
