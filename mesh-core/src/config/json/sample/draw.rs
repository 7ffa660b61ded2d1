//! Random choices.

use std::time::Duration;

use crate::{
    rng::{Rng, SplitMix},
    unit::Protocol,
};

pub(super) struct Draw(SplitMix);

impl Draw {
    pub(super) fn new(seed: u64) -> Self {
        Self(SplitMix::new(seed))
    }

    pub(super) fn below(&mut self, end: u64) -> u64 {
        self.0.below(end)
    }

    pub(super) fn number(&mut self, least: i64, most: i64) -> i64 {
        let span = u64::try_from(most - least + 1).unwrap();
        least + i64::try_from(self.below(span)).unwrap()
    }

    pub(super) fn flip(&mut self) -> bool {
        self.below(2) == 0
    }

    pub(super) fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        let chosen = self.below(u64::try_from(choices.len()).unwrap());
        choices[usize::try_from(chosen).unwrap()]
    }

    /// Each of the choices, or not.
    pub(super) fn some<T: Copy>(&mut self, choices: &[T]) -> Vec<T> {
        let chosen = choices.iter().copied();
        chosen.filter(|_| self.flip()).collect()
    }

    /// A text that needs escapes in JSON and quotes in YAML.
    pub(super) fn text(&mut self, before: &str) -> String {
        let letters = ['a', 'B', '7', '"', '\\', ' ', '%', ':', '#', 'é', '😀'];
        let length = self.below(8);
        let text = (0..length).map(|_| self.pick(&letters));
        format!("{before}{}", text.collect::<String>())
    }

    pub(super) fn name(&mut self, before: &str) -> String {
        let letters = ['a', 'B', '7', '-', '_', '.'];
        let length = self.below(8);
        let text = (0..length).map(|_| self.pick(&letters));
        format!("{before}{}", text.collect::<String>())
    }

    pub(super) fn limit(&mut self) -> Duration {
        let millis = [0, 1, 999, 1_000, 1_001, 15_000, 3_600_000];
        Duration::from_millis(self.pick(&millis))
    }

    /// What is spoken where requests are taken.
    pub(super) fn protocol(&mut self) -> Protocol {
        self.pick(&[Protocol::Http, Protocol::Http2, Protocol::Grpc])
    }

    pub(super) fn any_protocol(&mut self) -> Protocol {
        let other = self.protocol();
        self.pick(&[other, Protocol::Tcp])
    }
}
