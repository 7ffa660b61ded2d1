//! The state of one lookup.

use crate::route::Head;

/// What was found so far: of the rules that take the request, the one of the lowest rank.
pub(super) struct Search<'a, T> {
    head: &'a Head<'a>,
    takes: T,
    found: Option<usize>,
}

impl<'a, T: Fn(usize) -> bool> Search<'a, T> {
    /// A search among rules that `takes` asks by their rank.
    pub(super) fn new(head: &'a Head<'a>, takes: T) -> Self {
        Self {
            head,
            takes,
            found: None,
        }
    }

    pub(super) fn head(&self) -> &'a Head<'a> {
        self.head
    }

    /// Whether a rule of this rank would come before what was found.
    pub(super) fn may_improve(&self, rank: usize) -> bool {
        self.found.is_none_or(|found| rank < found)
    }

    /// Asks rules, the lowest rank first, until one takes the request or none can improve what was found.
    pub(super) fn ask(&mut self, ranks: &[usize]) {
        let better = ranks.iter().take_while(|rank| self.may_improve(**rank));
        let taking = better.copied().find(|rank| (self.takes)(*rank));
        self.found = taking.or(self.found);
    }

    /// The rank of the first rule that takes the request.
    pub(super) fn found(self) -> Option<usize> {
        self.found
    }
}
